import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { JourneysError } from '@journeys/core'
import { noAccessLog, openAccessLog } from './access-log.ts'
import { apiKeyCheck } from './api-key.ts'
import { AUTH_PATH, createAuth } from './auth/app.ts'
import { clientError } from './client-error.ts'
import { dispatcher } from './dispatch.ts'
import { openExchange } from './exchange.ts'
import { checkHealth, probeHttp } from './health.ts'
import type { Gateway, GatewayOptions } from './options.ts'
import { createRestProxy } from './proxy.ts'
import { createStorage } from './storage/app.ts'

export type { Gateway, GatewayOptions } from './options.ts'

const MAX_BODY_BYTES = 16 * 1024 * 1024
const UPSTREAM_TIMEOUT_MS = 60_000
/** Names and values together; a token with much metadata is long. */
const MAX_HEADER_BYTES = 32 * 1024
const HEADERS_MS = 15_000
const REQUEST_MS = 5 * 60_000
/** Longer than clients wait between two requests, so that it is the client who closes, and no request is lost on the way. */
const KEEP_ALIVE_MS = 65_000
const PROBE_MS = 3000
/** How long `stop` waits for requests that are running. */
const FINISH_MS = 5000

/**
 * Starts the stack's front door: one loopback port with the paths of a Supabase project, `/rest/v1` by PostgREST, `/auth/v1` by
 * `./auth`, `/storage/v1` by `./storage`, `/health` by itself.
 * @throws JourneysError `port_taken`; `host_refused` for any address but 127.0.0.1
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  if (options.host !== '127.0.0.1') {
    throw new JourneysError('host_refused', 'The local stack only listens on 127.0.0.1.', {
      detail: `asked for ${String(options.host)}`,
      hint: 'To let another machine use it, tunnel to it: ssh -L 54321:127.0.0.1:54321 <this machine>',
    })
  }
  let url = ''
  const log = options.accessLog === undefined ? noAccessLog : openAccessLog(options.accessLog)
  const auth = createAuth({
    databaseUrl: options.authDatabaseUrl,
    jwtSecret: options.keys.jwtSecret,
    settings: options.auth,
    issuer: () => url + AUTH_PATH,
  })
  const proxy = createRestProxy({
    upstreamUrl: options.postgrestUrl,
    maxBodyBytes: options.maxBodyBytes ?? MAX_BODY_BYTES,
    timeoutMs: options.upstreamTimeoutMs ?? UPSTREAM_TIMEOUT_MS,
  })
  const storage =
    options.storage === undefined ? undefined : createStorage({ ...options.storage, jwtSecret: options.keys.jwtSecret })
  const dispatch = dispatcher({
    checkKey: apiKeyCheck(options.keys),
    proxy,
    auth,
    storage,
    health: () => {
      const probes = { postgres: () => auth.probe(), postgrest: () => probePostgrest(options) }
      return checkHealth(probes, PROBE_MS)
    },
  })
  let running = 0
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: HEADERS_MS,
      requestTimeout: REQUEST_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: 5000,
      noDelay: true,
    },
    (request, response) => {
      running += 1
      response.once('close', () => {
        running -= 1
      })
      dispatch(openExchange(request, response, log))
    },
  )
  server.on('clientError', clientError)
  const close = async () => {
    proxy.close()
    await Promise.all([auth.close(), storage?.close(), log.close()])
  }
  try {
    // Ready means also: what an upload or a removal that was killed has left behind is gone.
    await storage?.swept
    await listen(server, options.port)
  } catch (error) {
    await close()
    throw error
  }
  const { port } = server.address() as AddressInfo
  url = `http://127.0.0.1:${port}`
  let stopped: Promise<void> | undefined
  return {
    url,
    port,
    stop: () => {
      stopped ??= finish(server, () => running).then(close)
      return stopped
    },
  }
}

function probePostgrest(options: GatewayOptions) {
  if (options.postgrestAdminUrl !== undefined) return probeHttp(`${options.postgrestAdminUrl}/ready`, PROBE_MS)
  // A table that nobody has: a PostgREST that knows its schema says 404, or 401; one that lost the database 503.
  return probeHttp(`${options.postgrestUrl}/journeys_health_probe?limit=0`, PROBE_MS, (status) => status < 500)
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenFailure(error, port)))
    server.listen({ host: '127.0.0.1', port, exclusive: true }, resolve)
  })
}

function listenFailure(error: NodeJS.ErrnoException, port: number) {
  if (error.code === 'EADDRINUSE') {
    return new JourneysError('port_taken', `Port ${port} for the API is taken.`, {
      detail: 'another program listens on it',
      hint: 'See whether it is a stack of yours: journeys status. Else set another `port` under [api] in supabase/config.toml.',
      cause: error,
    })
  }
  return new JourneysError('port_refused', `The API cannot listen on port ${port}.`, {
    detail: error.code ?? error.message,
    hint: 'Set another `port` (1024 or above) under [api] in supabase/config.toml.',
    cause: error,
  })
}

async function finish(server: Server, running: () => number): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  // `close` ends the connections that are idle now. One that is answering becomes idle later, and would stay for its keep-alive; one
  // that never sent a request does not count as idle.
  const sweep = setInterval(() => {
    if (running() === 0) server.closeAllConnections()
    else server.closeIdleConnections()
  }, 20)
  const cut = setTimeout(() => server.closeAllConnections(), FINISH_MS)
  await closed
  clearInterval(sweep)
  clearTimeout(cut)
}
