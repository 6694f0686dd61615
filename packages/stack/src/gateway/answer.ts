import type { ClientRequest, IncomingMessage } from 'node:http'
import { type Exchange, ownHeaders } from './exchange.ts'
import { responseHead } from './response-head.ts'

/**
 * Streams PostgREST's answer to the client, no faster than the client takes it.
 *
 * What came in one read of the socket goes out in one write: PostgREST sends most answers in pieces of unknown number, but at once, and
 * passing on each piece with its frame was half of the gateway's time. Such an answer gets its length; a longer one stays in pieces.
 * @param cutShort called when PostgREST leaves before the end of its answer
 */
export function sendAnswer(
  exchange: Exchange,
  upstream: ClientRequest,
  answer: IncomingMessage,
  cutShort: () => void,
): void {
  const { response } = exchange
  if (response.headersSent || response.destroyed) {
    upstream.destroy()
    return
  }
  let gathered: Buffer[] | undefined = []

  answer.on('data', (chunk: Buffer) => {
    if (gathered === undefined) {
      if (!response.write(chunk)) answer.pause()
    } else if (gathered.push(chunk) === 1) {
      // After everything that this read brought, the end of the answer included.
      process.nextTick(flush)
    }
  })
  answer.on('end', () => {
    if (gathered === undefined) response.end()
    else flush()
  })
  answer.on('error', (error: NodeJS.ErrnoException) => {
    exchange.error = error.code ?? error.name
    gathered = undefined
    cutShort()
  })

  function flush() {
    if (gathered === undefined || response.destroyed) return
    const [first, ...others] = gathered
    const body = first === undefined || others.length === 0 ? first : Buffer.concat(gathered)
    gathered = undefined
    const headers = responseHead(answer.rawHeaders)
    headers.push(...ownHeaders(exchange))
    const status = answer.statusCode ?? 502
    if (answer.complete) {
      if (mayHaveLength(exchange, answer, status)) headers.push('Content-Length', String(body?.length ?? 0))
      response.writeHead(status, headers)
      response.end(body)
    } else {
      response.writeHead(status, headers)
      response.on('drain', () => answer.resume())
      if (!response.write(body)) answer.pause()
    }
  }
}

// An answer that has no body by nature says nothing of its length, or what PostgREST says (RFC 9110, 8.6).
function mayHaveLength(exchange: Exchange, answer: IncomingMessage, status: number) {
  if (status === 204 || status === 304 || exchange.request.method === 'HEAD') return false
  return answer.headers['content-length'] === undefined
}
