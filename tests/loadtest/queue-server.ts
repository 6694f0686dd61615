import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface QueueServer {
  readonly url: string
  /** Answers per second while requests were waiting: what it can do at most, as it turned out on this machine. */
  capacity(): number
  stop(): Promise<void>
}

/**
 * A server whose capacity is known: so many requests at a time, each taking so long, the others wait their turn. It breaks as real
 * ones do, with latency that grows as long as more comes in than goes out.
 */
export async function startQueueServer(options: { atOnce: number; serviceMs: number }): Promise<QueueServer> {
  const waiting: (() => void)[] = []
  let free = options.atOnce
  let busySince: number | undefined
  let busyMs = 0
  let answered = 0
  const server = createServer(async (request, response) => {
    request.resume()
    if (free > 0) free--
    else {
      busySince ??= performance.now()
      await new Promise<void>((resolve) => waiting.push(resolve))
    }
    await sleep(options.serviceMs)
    if (busySince !== undefined) answered++
    const next = waiting.shift()
    if (next) next()
    else {
      free++
      if (busySince !== undefined) busyMs += performance.now() - busySince
      busySince = undefined
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end('[]')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    capacity: () => (1000 * answered) / (busyMs + (busySince === undefined ? 0 : performance.now() - busySince)),
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
