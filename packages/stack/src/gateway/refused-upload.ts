import type { IncomingMessage } from 'node:http'

/** What a refused upload may still send before its connection is cut. Cutting at once would lose the answer that says why (RST). */
const LINGER_MS = 1000

/** Throws away what still comes of a request that has been answered, so that its connection can be used again; for a second at most. */
export function discardUpload(request: IncomingMessage): void {
  if (request.complete) return
  request.resume()
  const cut = setTimeout(() => request.socket.destroy(), LINGER_MS)
  request.once('close', () => clearTimeout(cut))
}
