import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface SeenRequest {
  /** As `Date.now()`. */
  readonly at: number
  readonly method: string | undefined
  readonly path: string
  /** The user's token. */
  readonly token: string
}

export interface KnownServer {
  readonly url: string
  /** In the order in which they came. */
  readonly seen: SeenRequest[]
  /** Those of `seen` whose caller was gone before the answer; asked a moment later, so that the news is there. */
  givenUp(): Promise<readonly SeenRequest[]>
  /** The most at once. */
  readonly most: () => number
  stop(): void
}

/** A real server that answers after a known time, and remembers who asked what when. */
export async function knownServer(
  answer: (path: string) => { delayMs?: number; status?: number; body?: string } = () => ({}),
): Promise<KnownServer> {
  const seen: SeenRequest[] = []
  const givenUp: SeenRequest[] = []
  let now = 0
  let most = 0
  const server = createServer((request, response) => {
    const { method, url: path = '', headers } = request
    const one = { at: Date.now(), method, path, token: headers.authorization?.replace('Bearer ', '') ?? '' }
    seen.push(one)
    most = Math.max(most, ++now)
    const { delayMs = 0, status = 200, body = '{}' } = answer(path)
    request.resume()
    const timer = setTimeout(() => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(body)
    }, delayMs)
    response.on('close', () => {
      now--
      if (response.writableFinished) return
      clearTimeout(timer)
      givenUp.push(one)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async givenUp() {
      await new Promise((resolve) => setTimeout(resolve, 100))
      return givenUp
    },
    most: () => most,
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
