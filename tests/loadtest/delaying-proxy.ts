import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A way to a server that takes a while in each direction, in order: what distance does. */
export async function delayingProxy(delayMs: number): Promise<{
  /** The URL that leads through it. */
  to(url: string): string
  [Symbol.asyncDispose](): Promise<void>
}> {
  let target: { host: string; port: number } | undefined
  const sockets = new Set<Socket>()
  const forward = (from: Socket, onto: Socket) => {
    sockets.add(from)
    // Timers of one length fire in the order in which they were set.
    from.on('data', (chunk) => setTimeout(() => onto.write(chunk), delayMs))
    from.on('close', () => {
      sockets.delete(from)
      setTimeout(() => onto.destroy(), delayMs)
    })
    from.on('error', () => undefined)
  }
  const server = createServer((client) => {
    if (target === undefined) return void client.destroy()
    const upstream = connect(target)
    for (const socket of [client, upstream]) socket.setNoDelay(true)
    forward(client, upstream)
    forward(upstream, client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    to(url) {
      const through = new URL(url)
      target = { host: through.hostname, port: Number(through.port) }
      through.port = String(port)
      return through.href
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
