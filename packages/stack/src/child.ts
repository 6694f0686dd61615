import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { open } from 'node:fs/promises'

/** How a process ended: one of the two is null. */
export interface ChildExit {
  code: number | null
  signal: NodeJS.Signals | null
}

export interface ChildOptions {
  file: string
  args: readonly string[]
  env: NodeJS.ProcessEnv
  /** Gets stdout and stderr, appended; mode 0600. Without it both are dropped. */
  logFile?: string | undefined
  /** Run as this user; only root may. */
  account?: { uid: number; gid: number } | undefined
}

/** A server process that we own. */
export interface Child {
  pid: number
  /** Settles when the process is gone; never rejects. */
  exited: Promise<ChildExit>
  /** What it has written to its log since it was spawned, at most the last 16 KiB. */
  logTail(): Promise<string>
  /** Sends a signal; nothing happens when the process is gone. */
  signal(signal: NodeJS.Signals): void
}

const TAIL_BYTES = 16 * 1024

/**
 * Starts a server process with its output going straight to a file descriptor of ours: it outlives us without a broken pipe, and
 * a server that runs as another user needs no right to the folder of the log.
 */
export async function spawnChild(options: ChildOptions): Promise<Child> {
  const log = options.logFile === undefined ? undefined : openSync(options.logFile, 'a', 0o600)
  const logStart = log === undefined ? 0 : await sizeOf(options.logFile)
  try {
    const child = spawn(options.file, options.args, {
      // The server may not be allowed to enter the folder that we were started in.
      cwd: '/',
      env: options.env,
      stdio: ['ignore', log ?? 'ignore', log ?? 'ignore'],
      ...(options.account && { uid: options.account.uid, gid: options.account.gid }),
    })
    const exited = new Promise<ChildExit>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }))
    })
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', reject)
    })
    return {
      pid: child.pid as number,
      exited,
      logTail: () => (options.logFile === undefined ? Promise.resolve('') : readTail(options.logFile, logStart)),
      signal: (signal) => void child.kill(signal),
    }
  } finally {
    if (log !== undefined) closeSync(log)
  }
}

async function sizeOf(file: string | undefined): Promise<number> {
  if (file === undefined) return 0
  const handle = await open(file, 'r')
  try {
    return (await handle.stat()).size
  } finally {
    await handle.close()
  }
}

async function readTail(file: string, from: number): Promise<string> {
  const handle = await open(file, 'r').catch(() => undefined)
  if (handle === undefined) return ''
  try {
    const { size } = await handle.stat()
    const start = Math.max(from, size - TAIL_BYTES)
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(Math.max(0, size - start)), 0, undefined, start)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await handle.close()
  }
}
