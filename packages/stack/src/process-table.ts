import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** `ps` in the words and the time zone that are the same for whoever asks: the time of a start is compared as text. */
async function ps(...args: string[]): Promise<string> {
  const env = { PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' }
  return execute('ps', args, { env, maxBuffer: 1 << 24 }).then(
    ({ stdout }) => stdout,
    // Nothing listed, as for a process that is gone, is exit code 1.
    () => '',
  )
}

/** A process as the system lists it. `args` is what it was started with; where only `ps` tells, split at spaces. */
export interface ListedProcess {
  pid: number
  args: string[]
}

/**
 * Something that tells this process from a later one with the same number: the time of its start. Undefined when no such process
 * lives; one that ended and was not collected by its parent (a zombie) does not.
 */
export async function processIdentity(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
    // The second field is the program's name in parentheses and may hold anything; state is the third, start time the 22nd.
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields === undefined || fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
  }
  const line = (await ps('-o', 'stat=,lstart=', '-p', String(pid))).trim()
  return line === '' || line.startsWith('Z') ? undefined : line.replace(/^\S+\s+/, '')
}

/** Every process whose arguments we may see. */
export async function listProcesses(): Promise<ListedProcess[]> {
  if (process.platform === 'linux') {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
    const listed = await Promise.all(pids.map((pid) => findProcess(Number(pid))))
    return listed.filter((one) => one !== undefined)
  }
  return (await ps('-axww', '-o', 'pid=,args='))
    .split('\n')
    .map((line) => line.trim().split(' '))
    .map(([pid, ...args]) => ({ pid: Number(pid), args }))
    .filter(({ pid }) => pid > 0)
}

/** The process with that number, undefined when it has ended (also when nobody has collected it yet). */
export async function findProcess(pid: number): Promise<ListedProcess | undefined> {
  if (process.platform === 'linux') {
    // Empty for a zombie, and for the kernel's own.
    const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    return text === '' ? undefined : { pid, args: text.split('\0') }
  }
  return (await listProcesses()).find((one) => one.pid === pid)
}

/** True when the words of `part` stand next to each other in the arguments, also where `ps` split a path at its spaces. */
export function hasArguments(listed: ListedProcess, part: readonly string[]): boolean {
  return ` ${listed.args.join(' ').trimEnd()} `.includes(` ${part.join(' ')} `)
}

/**
 * Ends a process: the signals in turn, each with its time to work. Resolves when it is gone. A process that took over the number
 * meanwhile is left alone.
 */
export async function endProcess(
  pid: number,
  steps: readonly { signal: NodeJS.Signals; waitMs: number }[],
): Promise<void> {
  const identity = await processIdentity(pid)
  if (identity === undefined) return
  for (const { signal, waitMs } of steps) {
    try {
      process.kill(pid, signal)
    } catch {
      return
    }
    const deadline = Date.now() + waitMs
    while (Date.now() < deadline) {
      if ((await processIdentity(pid)) !== identity) return
      await sleep(10)
    }
  }
}
