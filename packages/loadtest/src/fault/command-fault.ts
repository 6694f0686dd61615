import { spawn } from 'node:child_process'
import { JourneysError } from '@journeys/core/ops'
import type { Fault } from './fault.ts'

/** Longer than any command should take that only breaks something. */
const longestMs = 60_000
const keptOutput = 2000

/**
 * Breaks something with a command of the user's, run by the shell: `ssh db sudo systemctl kill -s KILL postgresql`.
 * The report names the command, so it must not hold a secret; it may read them from its environment.
 */
export function commandFault(command: string, env: NodeJS.ProcessEnv, timeoutMs: number = longestMs): Fault {
  return {
    description: command,
    command,
    inject: (signal) => runShell(command, env, signal, timeoutMs),
  }
}

function runShell(command: string, env: NodeJS.ProcessEnv, signal: AbortSignal, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted()
    const grouped = process.platform !== 'win32'
    // A group of its own, so that what the shell started ends with it.
    const child = spawn(command, { shell: true, env, stdio: ['ignore', 'pipe', 'pipe'], detached: grouped })
    let printed = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        printed = (printed + text).slice(-keptOutput)
      })
    }
    let late = false
    const kill = () => {
      if (child.pid === undefined) return
      try {
        process.kill(grouped ? -child.pid : child.pid, 'SIGKILL')
      } catch {
        // It has ended meanwhile.
      }
    }
    const timer = setTimeout(() => {
      late = true
      kill()
    }, timeoutMs)
    signal.addEventListener('abort', kill, { once: true })
    const settle = (problem?: string) => {
      clearTimeout(timer)
      signal.removeEventListener('abort', kill)
      if (signal.aborted) reject(signal.reason)
      else if (problem) reject(injectionFailed(command, problem, printed))
      else resolve()
    }
    child.on('error', (error) => settle(error.message))
    // Not `close`: a server that the command started in the background may keep its output open.
    child.on('exit', (code, ended) => {
      if (late) settle(`it did not end within ${timeoutMs / 1000} s`)
      else settle(code === 0 ? undefined : `it ended with ${ended ?? `exit code ${code}`}`)
    })
  })
}

function injectionFailed(command: string, problem: string, printed: string): JourneysError {
  return new JourneysError('fault_not_injected', 'The command that should break the database failed', {
    detail: [command, problem, printed.trim()].filter(Boolean).join('\n'),
    hint: 'try it by itself; it must exit with 0 once the fault is there',
  })
}
