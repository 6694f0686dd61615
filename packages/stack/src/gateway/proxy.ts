import { Agent, type ClientRequest, request as sendRequest } from 'node:http'
import { sendAnswer } from './answer.ts'
import { type Exchange, peerAddress, reply } from './exchange.ts'
import { discardUpload } from './refused-upload.ts'

export interface RestProxyOptions {
  /** `http://127.0.0.1:<port>` */
  upstreamUrl: string
  maxBodyBytes: number
  /** How long a request may make no progress, in either direction. */
  timeoutMs: number
}

export interface RestProxy {
  /** Passes the request on as `path`, with `authorization` added when it is given. */
  forward(exchange: Exchange, path: string, authorization: string | undefined): void
  close(): void
}

// PostgREST drops a connection that was idle for 30 s. Ours go first, so that no request is written to one that is closing.
const IDLE_MS = 15_000
/** Streams requests to PostgREST and its answers back. No body is ever held whole: whichever side is slower holds up the other. */
export function createRestProxy(options: RestProxyOptions): RestProxy {
  const { hostname, port, host } = new URL(options.upstreamUrl)
  const agent = new Agent({ keepAlive: true, timeout: IDLE_MS, scheduling: 'lifo' })

  function forward(exchange: Exchange, path: string, authorization: string | undefined) {
    const { request, response, head } = exchange
    if (head.contentLength !== undefined && head.contentLength > options.maxBodyBytes) return refuseBody(exchange)
    const hasBody = head.chunked || (head.contentLength ?? 0) > 0
    const headers = head.forward
    headers.push('Host', host, 'X-Forwarded-For', peerAddress(request.socket), 'X-Request-Id', exchange.id)
    if (authorization !== undefined) headers.push('Authorization', authorization)
    if (head.chunked) headers.push('Transfer-Encoding', 'chunked')
    // Node would announce a chunked body for a POST without one.
    else if (head.contentLength === undefined && bodyMethods.has(request.method ?? ''))
      headers.push('Content-Length', '0')

    const upstream = sendRequest({
      agent,
      hostname,
      port,
      method: request.method ?? 'GET',
      path,
      headers,
      timeout: options.timeoutMs,
    })
    upstream.on('response', (answer) => {
      sendAnswer(exchange, upstream, answer, () => refuse(exchange, 503, unreachable, ['Retry-After', '1']))
    })
    upstream.on('timeout', () => {
      if (request.complete) refuse(exchange, 504, timedOut)
      else refuse(exchange, 408, uploadStalled)
      abandon(exchange, upstream)
    })
    upstream.on('error', (error: NodeJS.ErrnoException) => {
      if (response.destroyed || response.writableEnded) return
      exchange.error = error.code ?? error.name
      refuse(exchange, 503, unreachable, ['Retry-After', '1'])
    })
    response.once('close', () => {
      if (!response.writableFinished) abandon(exchange, upstream)
    })
    if (hasBody) sendBody(exchange, upstream)
    else upstream.end()
  }

  function sendBody(exchange: Exchange, upstream: ClientRequest) {
    const { request, response } = exchange
    let sent = 0
    request.on('data', (chunk: Buffer) => {
      // Answered early (refused, failed): what still comes is read and thrown away.
      if (response.writableEnded || upstream.destroyed) return
      sent += chunk.length
      if (sent > options.maxBodyBytes) {
        refuseBody(exchange)
        abandon(exchange, upstream)
      } else if (!upstream.write(chunk)) request.pause()
    })
    upstream.on('drain', () => request.resume())
    upstream.on('close', () => request.resume())
    request.on('end', () => {
      if (!upstream.destroyed) upstream.end()
    })
  }

  return { forward, close: () => agent.destroy() }
}

// PostgREST takes the end of a connection for the end of a body of unknown length: half a CSV would be half inserted. A reset it
// takes for what it is.
function abandon(exchange: Exchange, upstream: ClientRequest) {
  if (exchange.head.chunked && !upstream.writableFinished) upstream.socket?.resetAndDestroy()
  upstream.destroy()
}

const bodyMethods = new Set(['POST', 'PUT', 'PATCH'])

// A late failure of an exchange that is answered already has nobody to tell.
function refuse(exchange: Exchange, status: number, body: object, headers: readonly string[] = []) {
  if (!exchange.response.writableEnded) reply(exchange, status, body, headers)
}

function refuseBody(exchange: Exchange) {
  refuse(exchange, 413, tooLarge)
  discardUpload(exchange.request)
}

const tooLarge = {
  message: 'Request size limit exceeded',
  hint: 'Send fewer rows per request.',
}

// PostgREST's own four fields, so that supabase-js gives the reason in `error.message` and `error.hint`.
const unreachable = {
  code: 'upstream_unavailable',
  details: null,
  hint: 'Try again in a second: the stack restarts PostgREST by itself. `journeys status` shows it.',
  message: 'The local PostgREST does not answer.',
}
const timedOut = {
  code: 'upstream_timeout',
  details: null,
  hint: '`journeys health` shows what blocks the database.',
  message: 'The local PostgREST did not answer in time.',
}
const uploadStalled = {
  code: 'request_timeout',
  details: null,
  hint: null,
  message: 'The request body stopped arriving.',
}
