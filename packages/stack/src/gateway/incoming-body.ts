import type { IncomingMessage } from 'node:http'
import type { Exchange } from './exchange.ts'

/** A small request body, whole; `too large` as soon as it is, `gone` when the client left before its end. */
export function incomingBody(exchange: Exchange, maxBytes: number): Promise<Buffer | 'too large' | 'gone'> {
  const { request, head } = exchange
  if ((head.contentLength ?? 0) > maxBytes) return Promise.resolve('too large')
  if (!head.chunked && !head.contentLength) return Promise.resolve(Buffer.alloc(0))
  return read(request, maxBytes)
}

function read(request: IncomingMessage, maxBytes: number) {
  return new Promise<Buffer | 'too large' | 'gone'>((resolve) => {
    const pieces: Buffer[] = []
    let size = 0
    request.on('data', (piece: Buffer) => {
      size += piece.length
      if (size <= maxBytes) {
        pieces.push(piece)
      } else {
        pieces.length = 0
        resolve('too large')
      }
    })
    request.once('end', () => resolve(Buffer.concat(pieces)))
    request.once('close', () => resolve('gone'))
  })
}
