import { errors, type JWTPayload, jwtVerify } from 'jose'
import type { Exchange } from '../exchange.ts'
import { refusal } from './error.ts'

const roles = ['anon', 'authenticated', 'service_role'] as const

/** In whose name SQL runs: a role of the API, with the claims that policies look at. */
export interface Caller {
  role: (typeof roles)[number]
  claims: Record<string, unknown>
  /** The `sub` claim: who owns what is uploaded. */
  owner: string | undefined
}

/** Storage itself, where it asks what no policy decides: whether a bucket is public, which file an object had before. */
export const storageItself: Caller = { role: 'service_role', claims: { role: 'service_role' }, owner: undefined }

export type CallerCheck = (exchange: Exchange) => Promise<Caller>

/**
 * Who sends a request: its token's role and claims. As for PostgREST, the key stands in for an absent header.
 * The check throws StorageError 403 `AccessDenied` for a token that is expired, not ours, or of a role that the API has not.
 */
export function callerCheck(jwtSecret: string): CallerCheck {
  const secret = new TextEncoder().encode(jwtSecret)
  return async (exchange) => {
    const { payload } = await jwtVerify(tokenOf(exchange), secret, { algorithms: ['HS256'] }).catch(
      (error: unknown) => {
        // jose's messages, which are the ones that Storage passes on, name the claim, never its value.
        throw refusal.denied(error instanceof errors.JOSEError ? error.message : 'Invalid JWT', error)
      },
    )
    return callerOf(payload)
  }
}

function callerOf(payload: JWTPayload): Caller {
  const role = roles.find((known) => known === (payload.role ?? 'anon'))
  if (role === undefined) throw refusal.denied('Access denied: Invalid role')
  return { role, claims: { ...payload }, owner: payload.sub === '' ? undefined : payload.sub }
}

function tokenOf({ request, head, target }: Exchange): string {
  const header = request.headers.authorization
  if (header === undefined) return head.apiKey ?? target.apiKey ?? ''
  return header.replace(/^Bearer\s+/i, '')
}
