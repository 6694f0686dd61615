import { existsSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { JourneysError } from '@journeys/core'
// CommonJS, whose only name for Node's loader is the default one.
import sonicBoom, { type SonicBoom } from 'sonic-boom'

export interface AccessLogEntry {
  id: string
  method: string
  path: string
  query: string
  /** 499 when the client left before the answer was complete (nginx's convention). */
  status: number
  ms: number
  /** Bytes of the answer, headers included. */
  bytes: number
  /** What the client was not told: a Postgres error code, a fault of ours. Never a value that the client sent. */
  error: string | undefined
}

export interface AccessLog {
  write(entry: AccessLogEntry): void
  close(): Promise<void>
}

export const noAccessLog: AccessLog = { write: () => undefined, close: async () => undefined }

const FLUSH_MS = 250
const FLUSH_BYTES = 8 * 1024
/** Lines that may wait for a slow or full disk; what comes after is dropped, not kept in memory. */
const WAITING_BYTES = 1024 * 1024
/** A log larger than this becomes `<file>.1` when the gateway starts. */
const ROTATE_BYTES = 32 * 1024 * 1024

/**
 * A file that gets one JSON line per request. Lines are gathered and written together: one system call per request would cost more than
 * the request's own handling. A disk that is full or gone costs lines, never a request; writing goes on once there is room.
 * @throws JourneysError `access_log_refused` when the file cannot be opened
 */
export function openAccessLog(file: string): AccessLog {
  rotate(file)
  const stream = new sonicBoom.SonicBoom({
    fd: openFile(file),
    minLength: FLUSH_BYTES,
    maxLength: WAITING_BYTES,
    periodicFlush: FLUSH_MS,
  })
  let open = true
  // Without a listener the first failed write would end the process. sonic-boom keeps the lines and tries again with the next one.
  stream.on('error', () => undefined)
  return {
    write: (entry) => {
      if (open) stream.write(accessLogLine(entry))
    },
    close: () => {
      open = false
      return closed(stream)
    },
  }
}

/** One line, `\n` included. */
export function accessLogLine(entry: AccessLogEntry): string {
  const line = {
    time: new Date().toISOString(),
    id: entry.id,
    method: entry.method,
    path: entry.path + withoutValues(entry.query),
    status: entry.status,
    ms: Math.round(entry.ms * 10) / 10,
    bytes: entry.bytes,
    ...(entry.error === undefined ? {} : { error: entry.error }),
  }
  return `${JSON.stringify(line)}\n`
}

// Parameters that say how something was asked for, never about whom. Every other value may be a token, an e-mail or a journal's text.
const harmless = new Set([
  'select',
  'order',
  'limit',
  'offset',
  'columns',
  'on_conflict',
  'grant_type',
  'scope',
  'page',
  'per_page',
  'from_date',
  'to_date',
])

function withoutValues(query: string) {
  if (query.length < 2) return ''
  const pairs = query
    .slice(1)
    .split('&')
    .map((pair) => {
      const equals = pair.indexOf('=')
      if (equals === -1) return '…'
      const name = pair.slice(0, equals)
      return harmless.has(name) ? pair : `${name}=…`
    })
  return `?${pairs.join('&')}`
}

function openFile(file: string) {
  try {
    mkdirSync(dirname(file), { recursive: true })
    return openSync(file, 'a', 0o600)
  } catch (error) {
    throw new JourneysError('access_log_refused', 'The access log cannot be written.', {
      detail: `${file}: ${(error as NodeJS.ErrnoException).code}`,
      hint: `Make its folder writable: chmod u+w ${dirname(file)}`,
      cause: error,
    })
  }
}

function rotate(file: string) {
  try {
    if (existsSync(file) && statSync(file).size > ROTATE_BYTES) renameSync(file, `${file}.1`)
  } catch {
    // A log that cannot be moved is appended to.
  }
}

function closed(stream: SonicBoom): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      resolve()
    }
    // A disk that refuses the last lines would otherwise keep `stop` waiting.
    const timer = setTimeout(() => {
      stream.destroy()
      resolve()
    }, 1000)
    stream.once('close', done)
    stream.once('error', () => {
      stream.destroy()
      done()
    })
    stream.end()
  })
}
