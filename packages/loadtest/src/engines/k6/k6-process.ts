import { spawn } from 'node:child_process'
import path from 'node:path'
import type { K6Options } from '../engine.ts'
import { k6Environment } from './k6-environment.ts'

/** k6 ends gracefully on SIGINT: it gives up what is under way, writes its output and goes. */
const graceMs = 10_000
const mostMessages = 20

export interface K6Run {
  readonly k6: string
  /** Holds script.js, config.json and what the script reads. */
  readonly folder: string
  readonly users: number
  readonly options?: K6Options | undefined
  readonly signal: AbortSignal
  onSamples(text: string): void
  /** What the script told through `console`, word for word. */
  onLog?(text: string): void
  onStart?(pid: number): void
}

export interface K6Exit {
  /** null: killed by a signal. */
  readonly exitCode: number | null
  /** The last errors that k6 reported. */
  readonly messages: string[]
}

/** Runs k6 on the folder's script; its samples arrive as CSV on stdout while it runs. */
export function runK6(run: K6Run): Promise<K6Exit> {
  const { k6, folder, users, options = {}, signal } = run
  return new Promise((resolve, reject) => {
    // In the caller's folder: that is where a file of --k6-out belongs.
    const child = spawn(k6, words(folder, options), {
      env: k6Environment(process.env, users, options.outputs ?? []),
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

    if (child.pid !== undefined) run.onStart?.(child.pid)
    child.stdout.setEncoding('utf8').on('data', (text: string) => run.onSamples(text))
    child.stderr.setEncoding('utf8').on(
      'data',
      lineReader((line) => readLog(line, messages, run)),
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

function words(folder: string, { outputs = [], segment }: K6Options): string[] {
  return [
    'run',
    '--quiet',
    '--no-color',
    '--no-usage-report',
    // No REST API: nothing may listen, and two runs at once would fight for the port.
    '--address',
    '',
    '--config',
    path.join(folder, 'config.json'),
    '--log-format',
    'json',
    // To stdout: if we are killed, the next write ends k6 (SIGPIPE), and no load goes on unwatched.
    '--out',
    'csv=-',
    ...outputs.flatMap((output) => ['--out', output]),
    ...(segment ? ['--execution-segment', segment.segment, '--execution-segment-sequence', segment.sequence] : []),
    path.join(folder, 'script.js'),
  ]
}

/** Keeps the last few errors; a warning for every failed request is not one of them. */
function readLog(line: string, messages: string[], run: K6Run): void {
  let text = line
  try {
    const entry = JSON.parse(line) as { level?: string; msg?: string; error?: string; source?: string }
    if (entry.source === 'console') run.onLog?.(entry.msg ?? '')
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
