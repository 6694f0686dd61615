import { ExitCode, JourneysError } from '../errors.ts'

const unreachableSystemErrors = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'EACCES',
])

const tlsErrors =
  /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER_CERT(_LOCALLY)?|VERIFY_LEAF_SIGNATURE)|CERT_[A-Z_]+|ERR_TLS_[A-Z_]+|HOSTNAME_MISMATCH)$/

/** pg reports a lost or slow connection without any code. */
const connectionLost =
  /Connection terminated|connection timeout|timeout expired|Query read timeout|timeout exceeded when trying to connect|Client has encountered a connection error|socket hang up/i

/** The fields of a server's error that callers look at (PostgreSQL protocol, 55.8 "Error and Notice Message Fields"). */
export interface ServerError {
  code: string
  message: string
  detail?: string | undefined
  hint?: string | undefined
  /** 1-based, in characters, within the statement as sent. */
  position?: number | undefined
  where?: string | undefined
  constraint?: string | undefined
}

/** Walks `cause` (wrapped errors) down to the server's error; `undefined` when no server spoke. */
export function serverError(error: unknown): ServerError | undefined {
  for (const link of causes(error)) {
    if (!('code' in link) || typeof link.code !== 'string' || !/^[0-9A-Z]{5}$/.test(link.code)) continue
    // Five capitals are also some of Node's codes (EPIPE): only a server sends a severity.
    if (!('severity' in link)) continue
    const field = (name: string) => {
      const value = (link as unknown as Record<string, unknown>)[name]
      return typeof value === 'string' && value !== '' ? value : undefined
    }
    const position = field('position')
    return {
      code: link.code,
      message: link.message,
      detail: field('detail'),
      hint: field('hint'),
      position: position === undefined ? undefined : Number(position),
      where: field('where'),
      constraint: field('constraint'),
    }
  }
  return undefined
}

/** The SQLSTATE inside an error, however often it was wrapped. */
export function sqlState(error: unknown): string | undefined {
  return serverError(error)?.code
}

/**
 * Turns what `pg` throws into a JourneysError that says what to do. A JourneysError passes unchanged.
 * @param label host:port/database as user, never the URL: a URL holds a password.
 */
export function databaseError(error: unknown, label: string, isLoopback: boolean): JourneysError {
  if (error instanceof JourneysError) return error
  const server = serverError(error)
  if (server !== undefined) return fromServer(server, error, label, isLoopback)
  const code = causes(error)
    .map((link) => ('code' in link ? String(link.code) : ''))
    .find((text) => text !== '')
  const message = error instanceof Error ? error.message : String(error)
  if (code !== undefined && tlsErrors.test(code)) {
    return new JourneysError('database_untrusted', 'The database server cannot prove who it is', {
      detail: `${label}: ${message}`,
      hint:
        code === 'ERR_TLS_CERT_ALTNAME_INVALID'
          ? 'write the name that its certificate is made out to as the host in DATABASE_URL, then: journeys health --only database'
          : "download the project's CA certificate (Supabase: Database settings, SSL configuration) and add ?sslrootcert=PATH to DATABASE_URL, then: journeys health --only database",
      exitCode: ExitCode.unreachable,
      cause: error,
    })
  }
  if (/does not support SSL/i.test(message)) {
    return new JourneysError('database_untrusted', 'The database server does not speak TLS', {
      detail: label,
      hint: 'connect to a server with TLS, or through a tunnel that ends at 127.0.0.1',
      exitCode: ExitCode.unreachable,
      cause: error,
    })
  }
  if ((code !== undefined && unreachableSystemErrors.has(code)) || connectionLost.test(message)) {
    return unreachable(
      'database_unreachable',
      'The database cannot be reached',
      label,
      message || code,
      isLoopback,
      error,
    )
  }
  return new JourneysError('database_error', message, { detail: label, cause: error })
}

/** With these names for a constraint our own triggers refuse a change (private.refuse_change): the role could, and must not. */
const keptData = new Set(['processing_restricted', 'legal_hold', 'user_not_found'])

function fromServer(server: ServerError, cause: unknown, label: string, isLoopback: boolean): JourneysError {
  const said = [server.message, server.detail].filter(Boolean).join(' · ')
  const { code } = server
  if (code === '28P01' || code === '28000') {
    return new JourneysError('database_login_refused', 'The database refuses this user or password', {
      detail: `${label}: ${said}`,
      hint: isLoopback
        ? 'journeys status --env prints the right one'
        : 'put the right user and password into DATABASE_URL',
      exitCode: ExitCode.unreachable,
      cause,
    })
  }
  if (code === '3D000') {
    return unreachable('database_missing', 'There is no database of that name', label, said, isLoopback, cause)
  }
  if (code === '53300') {
    return new JourneysError('database_full', 'The database takes no more connections', {
      detail: `${label}: ${said}`,
      hint: 'journeys health --only connections says who holds them, as soon as one is free',
      exitCode: ExitCode.unreachable,
      cause,
    })
  }
  if (code.startsWith('08') || code.startsWith('57P')) {
    return unreachable('database_unreachable', 'The database cannot be reached', label, said, isLoopback, cause)
  }
  if (code === '57014') {
    return new JourneysError('database_timeout', 'A statement was cancelled before it ended', {
      detail: said,
      hint: 'journeys health --only long-running-queries,blocked-queries says what the database is busy with',
      cause,
    })
  }
  if (code === '42501' && server.constraint !== undefined && keptData.has(server.constraint)) {
    return new JourneysError(server.constraint, server.message, { detail: label, hint: server.hint, cause })
  }
  if (code === '42501') {
    return new JourneysError('database_permission', 'The database role may not do this', {
      detail: `${label}: ${said}`,
      hint: 'use the role postgres in DATABASE_URL',
      cause,
    })
  }
  // invalid_schema_name, undefined_table, undefined_column, undefined_function
  if (code === '3F000' || code === '42P01' || code === '42703' || code === '42883') {
    return new JourneysError('database_schema', server.message, {
      detail: [server.detail, `SQLSTATE ${code}`].filter(Boolean).join(' · '),
      hint: 'journeys migrate status says whether this database has every migration',
      cause,
    })
  }
  return new JourneysError('database_error', server.message, {
    detail: [server.detail, `SQLSTATE ${code}`].filter(Boolean).join(' · '),
    hint: server.hint,
    cause,
  })
}

function unreachable(
  code: string,
  message: string,
  label: string,
  said: string | undefined,
  isLoopback: boolean,
  cause: unknown,
): JourneysError {
  return new JourneysError(code, message, {
    detail: said ? `${label}: ${said}` : label,
    hint: isLoopback
      ? 'journeys status says whether the local stack is up; journeys start starts it'
      : 'check DATABASE_URL, the network and the project itself, then: journeys health --only database',
    exitCode: ExitCode.unreachable,
    cause,
  })
}

function causes(error: unknown): Error[] {
  const chain: Error[] = []
  let link = error
  // Ten links are far more than anyone wraps; the bound is against a cycle.
  while (link instanceof Error && chain.length < 10) {
    chain.push(link)
    link = link.cause
  }
  return chain
}
