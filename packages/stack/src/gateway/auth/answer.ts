import type { Hono } from 'hono'
import { type Exchange, ownHeaders, reply } from '../exchange.ts'
import { incomingBody } from '../incoming-body.ts'
import { discardUpload } from '../refused-upload.ts'
import type { AuthEnv } from './context.ts'
import { API_VERSION_HEADER, AuthError, errorReply } from './error.ts'

/** Supabase Auth's own limit. */
const BODY_BYTES = 1024 * 1024

/**
 * Has Hono's routes answer a request of `node:http`. The body is read first, since every route wants it whole, and since a refused upload
 * has to be read away here: left to itself, its connection breaks under the client's next request.
 */
export function answerWith(app: Hono<AuthEnv>, exchange: Exchange): void {
  answer(app, exchange).catch((error: unknown) => {
    exchange.error = error instanceof Error ? error.name : 'unknown'
    refuse(exchange, new AuthError(500, 'unexpected_failure', 'Unexpected failure'))
  })
}

async function answer(app: Hono<AuthEnv>, exchange: Exchange) {
  const { request, response, target, head } = exchange
  const body = await incomingBody(exchange, BODY_BYTES)
  if (body === 'gone') return
  if (body === 'too large') {
    const message = `Request body too large (max ${BODY_BYTES} bytes)`
    refuse(exchange, new AuthError(413, 'request_entity_too_large', message))
    discardUpload(request)
    return
  }
  const { method = 'GET' } = request
  if (!served.has(method)) return refuse(exchange, new AuthError(405, 'not_found', 'Method not allowed'))

  const asked = new Request(`http://127.0.0.1${target.path}${target.query}`, {
    method,
    headers: pairs(head.forward),
    ...(body.length > 0 && method !== 'GET' && method !== 'HEAD' ? { body: body.toString() } : {}),
  })
  const answered = await app.fetch(asked, { exchange })
  const content = Buffer.from(await answered.arrayBuffer())
  if (response.destroyed) return
  const length = answered.status === 204 ? [] : ['Content-Length', String(content.length)]
  response.writeHead(answered.status, [...ownHeaders(exchange), ...[...answered.headers].flat(), ...length])
  response.end(content)
}

// What a Request can be made of, and a route could be for; TRACE, for one, is neither.
const served = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])

function refuse(exchange: Exchange, error: AuthError) {
  const version = exchange.request.headers[API_VERSION_HEADER]
  const { status, headers, body } = errorReply(error, typeof version === 'string' ? version : undefined)
  reply(exchange, status, body, Object.entries(headers).flat())
}

function pairs(flat: readonly string[]) {
  return Array.from({ length: flat.length / 2 }, (_, at): [string, string] => [
    flat[2 * at] as string,
    flat[2 * at + 1] as string,
  ])
}
