import { spawn } from 'node:child_process'
import { totalmem } from 'node:os'

/** k6 ends gracefully on SIGINT: it gives up what is under way, writes its output and goes. */
const graceMs = 10_000
const mostMessages = 20

export interface K6Run {
  readonly k6: string
  /** Holds script.js, config.json and what the script reads. */
  readonly folder: string
  readonly users: number
  readonly signal: AbortSignal
  onSamples(text: string): void
}

export interface K6Exit {
  /** null: killed by a signal. */
  readonly exitCode: number | null
  /** The last errors that k6 reported. */
  readonly messages: string[]
}

/** Runs k6 on the folder's script; its samples arrive as CSV on stdout while it runs. */
export function runK6({ k6, folder, users, signal, onSamples }: K6Run): Promise<K6Exit> {
  return new Promise((resolve, reject) => {
    const child = spawn(k6, [...flags, 'script.js'], {
      cwd: folder,
      env: k6Environment(process.env, users),
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: a terminal's Ctrl-C would reach k6 beside our own signal, and two make it drop its output.
      detached: process.platform !== 'win32',
    })
    const messages: string[] = []
    let killing: NodeJS.Timeout | undefined
    const stop = () => {
      child.kill('SIGINT')
      killing = setTimeout(() => child.kill('SIGKILL'), graceMs)
    }
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })

    child.stdout.setEncoding('utf8').on('data', onSamples)
    child.stderr.setEncoding('utf8').on(
      'data',
      lineReader((line) => remember(messages, line)),
    )
    const done = () => {
      clearTimeout(killing)
      signal.removeEventListener('abort', stop)
    }
    child.on('error', (error) => {
      done()
      reject(error)
    })
    child.on('close', (exitCode) => {
      done()
      resolve({ exitCode, messages })
    })
  })
}

const flags = [
  'run',
  '--quiet',
  '--no-color',
  '--no-usage-report',
  // No REST API: nothing may listen, and two runs at once would fight for the port.
  '--address',
  '',
  '--config',
  'config.json',
  '--log-format',
  'json',
  // To stdout: if we are killed, the next write ends k6 (SIGPIPE), and no load goes on unwatched.
  '--out',
  'csv=-',
]

/** What k6 would take from K6_* variables of the user's could change the test. */
function k6Environment(processEnv: NodeJS.ProcessEnv, users: number): NodeJS.ProcessEnv {
  const kept = Object.entries(processEnv).filter(([name]) => !name.startsWith('K6_'))
  return {
    ...garbageCollection(users),
    ...Object.fromEntries(kept),
    K6_CSV_TIME_FORMAT: 'unix_milli',
    K6_CSV_SAVE_INTERVAL: '500ms',
  }
}

/** What k6 holds for a user, generously: 1,000 of them take 250 MB. */
const bytesPerUser = 2 ** 20

/**
 * Go collects garbage in bursts on every processor, taken from a server on the same machine. Measured with 1,000 users on two
 * cores, three runs each in turn: p95 25, 40 and 18 ms with GOGC=400; 22, 22 and 21 ms when k6 collected only on reaching a
 * quarter of the memory (it took 1.7 GB in a minute).
 */
function garbageCollection(users: number): NodeJS.ProcessEnv {
  // In a container the machine's memory is not what may be used.
  const limit = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY) / 4
  return limit > users * bytesPerUser
    ? { GOGC: 'off', GOMEMLIMIT: `${Math.round(limit / 2 ** 20)}MiB` }
    : { GOGC: '400' }
}

/** Keeps the last few errors; a warning for every failed request is not one of them. */
function remember(messages: string[], line: string): void {
  let text = line
  try {
    const entry = JSON.parse(line) as { level?: string; msg?: string; error?: string }
    if (entry.level === 'warning' || entry.level === 'info') return
    text = [entry.msg, entry.error].filter(Boolean).join(': ')
  } catch {
    // Not a log line of k6's: a crash of Go's runtime, say. Shown as it is.
  }
  if (text === '') return
  messages.push(text)
  if (messages.length > mostMessages) messages.shift()
}

function lineReader(onLine: (line: string) => void): (text: string) => void {
  let rest = ''
  return (text) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  }
}
