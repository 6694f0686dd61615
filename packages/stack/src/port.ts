import { createServer } from 'node:net'
import { JourneysError } from '@journeys/core/ops'

/** True when something could listen on this loopback port now. */
export function isPortFree(port: number): Promise<boolean> {
  return listenOnce(port).then(
    () => true,
    () => false,
  )
}

/** A loopback port that nobody uses now. Another program may take it before you do: be ready to ask again. */
export function freePort(): Promise<number> {
  return listenOnce(0)
}

/**
 * The wanted port, or the next free one above it.
 * @throws JourneysError `port_taken` when the port was asked for explicitly and is taken, or when the next 100 are taken too.
 */
export async function choosePort(wanted: { port: number; explicit: boolean; what: string; variable: string }) {
  const last = wanted.explicit ? wanted.port : Math.min(wanted.port + 100, 65_535)
  for (let port = wanted.port; port <= last; port++) if (await isPortFree(port)) return port
  throw new JourneysError('port_taken', `Port ${wanted.port} for the ${wanted.what} is taken.`, {
    detail: wanted.explicit ? `${wanted.variable}=${wanted.port}` : `ports ${wanted.port} to ${last} are all in use`,
    hint: `Free the port, or choose another: ${wanted.variable}=${wanted.port + 1000} journeys start`,
  })
}

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : port))
    })
  })
}
