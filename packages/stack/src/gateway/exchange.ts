import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { AccessLog } from './access-log.ts'
import { corsHeaders } from './cors.ts'
import { type RequestHead, requestHead } from './request-head.ts'
import { type RequestTarget, requestTarget } from './request-target.ts'

/** One request and its answer, while they last. */
export interface Exchange {
  request: IncomingMessage
  response: ServerResponse
  target: RequestTarget
  head: RequestHead
  id: string
  /** For the access log alone. */
  error: string | undefined
}

/** Reads a request's head, and has the access log told when the answer is out or the client gone. */
export function openExchange(request: IncomingMessage, response: ServerResponse, log: AccessLog): Exchange {
  const started = performance.now()
  const socket = request.socket
  const before = socket.bytesWritten
  const head = requestHead(request.rawHeaders)
  const target = requestTarget(request.url ?? '/')
  const exchange: Exchange = { request, response, target, head, id: requestId(head), error: undefined }
  response.once('close', () => {
    log.write({
      id: exchange.id,
      method: request.method ?? '',
      path: target.path,
      query: target.query,
      status: response.writableFinished ? response.statusCode : 499,
      ms: performance.now() - started,
      bytes: socket.bytesWritten - before,
      error: exchange.error,
    })
  })
  return exchange
}

/** Headers that the gateway adds to an answer. */
export function ownHeaders(exchange: Exchange): string[] {
  const headers = ['X-Request-Id', exchange.id]
  if (exchange.head.origin !== undefined) headers.push(...corsHeaders)
  return headers
}

/** Answers with JSON, unless an answer has begun; then the connection is cut, which is the only way left to say that it is incomplete. */
export function reply(exchange: Exchange, status: number, body: unknown, headers: readonly string[] = []): void {
  const { response } = exchange
  if (response.headersSent) {
    response.destroy()
    return
  }
  const text = Buffer.from(JSON.stringify(body))
  response.writeHead(status, [
    ...ownHeaders(exchange),
    'Content-Type',
    'application/json; charset=utf-8',
    'Content-Length',
    String(text.length),
    ...headers,
  ])
  response.end(text)
}

// A client's own id is kept, so that it finds its requests in our log; but only one that is safe to print.
function requestId(head: RequestHead) {
  return head.requestId !== undefined && /^[\w-]{1,64}$/.test(head.requestId) ? head.requestId : randomUUID()
}

/** The address of the other side, for logs, limits and `X-Forwarded-For`. */
export function peerAddress(socket: Socket): string {
  return socket.remoteAddress ?? '127.0.0.1'
}
