import { readFileSync } from 'node:fs'
import { isIPv4 } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import { ExitCode, JourneysError } from '../errors.ts'

/** Where a database is and how to get in: `pg`'s own options, already judged by our TLS rules. */
export interface DatabaseAddress {
  host: string
  port: number
  user: string
  password: string | undefined
  database: string
  ssl: false | ConnectionOptions
  /** Startup options of the URL (`?options=-c%20role%3D...`). */
  options: string | undefined
  /** host:port/database as user, without the password: what messages may say. */
  label: string
  isLoopback: boolean
  /** A pooler that hands out another server connection for each transaction: locks and settings of a session do not hold there. */
  sharesSessions: boolean
}

const verifiedModes = new Set(['require', 'verify-ca', 'verify-full'])
const knownModes = new Set([...verifiedModes, 'disable', 'no-verify', 'allow', 'prefer'])

/** True for this machine's own addresses and for a unix socket's folder: nothing leaves the machine. */
export function isLoopbackHost(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  if (bare.startsWith('/')) return true
  return bare === 'localhost' || bare === '::1' || (isIPv4(bare) && bare.startsWith('127.'))
}

/**
 * Reads a database URL. The TLS rule: plain only to this machine; everywhere else the server's certificate is verified,
 * and a URL that asks for less is refused rather than obeyed.
 *
 * @throws JourneysError `database_url_invalid`, `database_tls_required` (exit code 2). Neither repeats the URL: it holds a password.
 */
export function parseDatabaseUrl(databaseUrl: string): DatabaseAddress {
  const url = tryUrl(databaseUrl)
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol)) {
    throw invalid('it is not a postgres:// URL (it is not repeated here because it may hold a password)')
  }
  const decode = (part: string) => {
    try {
      return decodeURIComponent(part)
    } catch {
      throw invalid('a % in it is not followed by two hexadecimal digits; write a literal % as %25')
    }
  }
  const host = url.searchParams.get('host') ?? (decode(url.hostname).replace(/^\[(.*)\]$/, '$1') || 'localhost')
  const port = Number(url.port || url.searchParams.get('port') || 5432)
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw invalid('its port is not a number from 1 to 65535')
  const user = decode(url.username) || url.searchParams.get('user') || 'postgres'
  const database = decode(url.pathname.slice(1)) || user
  const isLoopback = isLoopbackHost(host)
  return {
    host,
    port,
    user,
    password: decode(url.password) || url.searchParams.get('password') || undefined,
    database,
    ssl: tlsOptions(url.searchParams, isLoopback),
    options: url.searchParams.get('options') ?? undefined,
    label: `${host.includes(':') ? `[${host}]` : host}:${port}/${database} as ${user}`,
    isLoopback,
    // https://supabase.com/docs/guides/database/connecting-to-postgres: transaction mode, shared and dedicated alike.
    sharesSessions: port === 6543 && /\.supabase\.(com|co)$/.test(host),
  }
}

/** @throws JourneysError `session_needed` (exit code 2) where a session's locks would protect nothing */
export function requireSessions({ sharesSessions, label }: DatabaseAddress): void {
  if (!sharesSessions) return
  throw new JourneysError(
    'session_needed',
    'This needs a connection of its own, and DATABASE_URL goes through a pooler',
    {
      detail: `${label} is a pooler in transaction mode: a lock that is to keep out a second run would be lost between two statements`,
      hint: 'write port 5432 in DATABASE_URL: the direct connection, or the pooler in session mode',
      exitCode: ExitCode.usage,
    },
  )
}

function tlsOptions(parameters: URLSearchParams, isLoopback: boolean): false | ConnectionOptions {
  const mode = parameters.get('sslmode') ?? undefined
  if (mode !== undefined && !knownModes.has(mode)) {
    throw invalid(`its sslmode is not one of ${[...knownModes].join(', ')}`)
  }
  if (isLoopback && (mode === undefined || !verifiedModes.has(mode))) return false
  const switchedOff = parameters.get('ssl') === 'false' || parameters.get('ssl') === '0'
  if (switchedOff || (mode !== undefined && !verifiedModes.has(mode))) {
    throw new JourneysError('database_tls_required', 'A database on another machine needs verified TLS', {
      detail: `the URL says ${switchedOff ? 'ssl=false' : `sslmode=${mode}`}, which would send its password and journals to whoever answers`,
      hint: 'write sslmode=verify-full in DATABASE_URL, or leave sslmode out: verified TLS is what you get',
      exitCode: ExitCode.usage,
    })
  }
  const rootCertificate = parameters.get('sslrootcert') ?? undefined
  if (rootCertificate === undefined || rootCertificate === 'system') return { rejectUnauthorized: true }
  try {
    return { rejectUnauthorized: true, ca: readFileSync(rootCertificate, 'utf8') }
  } catch (cause) {
    throw new JourneysError('database_url_invalid', 'The CA certificate that DATABASE_URL names cannot be read', {
      detail: `sslrootcert=${rootCertificate}`,
      hint: 'download the certificate again (Supabase: Database settings, SSL configuration) and write its path as sslrootcert',
      exitCode: ExitCode.usage,
      cause,
    })
  }
}

function invalid(reason: string): JourneysError {
  return new JourneysError('database_url_invalid', `DATABASE_URL cannot be used: ${reason}`, {
    hint: 'write it as postgresql://USER:PASSWORD@HOST:5432/DATABASE, with special characters of the password %-encoded',
    exitCode: ExitCode.usage,
  })
}

function tryUrl(text: string): URL | undefined {
  try {
    // A unix socket may stand as an empty host (postgresql:///postgres?host=/run/postgresql), which URL accepts here.
    return new URL(text)
  } catch {
    return undefined
  }
}
