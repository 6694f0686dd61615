import { spawn } from 'node:child_process'
import { JourneysError } from '@journeys/core/ops'

/**
 * Runs a program to its end (`tar`, `go`). An abort ends it and everything it started.
 * @throws JourneysError `tool_failed` with the last lines it printed; the signal's reason when aborted
 */
export function runTool(
  program: string,
  words: readonly string[],
  options: { env?: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<void> {
  return new Promise((resolve, reject) => {
    options.signal.throwIfAborted()
    // A group of its own, so that the compilers that `go` starts end with it.
    const grouped = process.platform !== 'win32'
    const child = spawn(program, words, { env: options.env, stdio: ['ignore', 'ignore', 'pipe'], detached: grouped })
    let printed = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      printed = (printed + text).slice(-4000)
    })
    const stop = () => {
      if (child.pid === undefined) return
      try {
        process.kill(grouped ? -child.pid : child.pid, 'SIGKILL')
      } catch {
        // It has ended meanwhile.
      }
    }
    options.signal.addEventListener('abort', stop, { once: true })
    const settle = (error?: Error) => {
      options.signal.removeEventListener('abort', stop)
      if (options.signal.aborted) reject(options.signal.reason)
      else if (error) reject(error)
      else resolve()
    }
    child.on('error', (error) => settle(toolFailed(program, error.message)))
    child.on('close', (code) => {
      settle(code === 0 ? undefined : toolFailed(program, printed.trim().split('\n').slice(-5).join('\n')))
    })
  })
}

function toolFailed(program: string, detail: string): JourneysError {
  return new JourneysError('tool_failed', `${program} failed`, { detail: detail || undefined })
}
