import type { ApiKeyCheck } from './api-key.ts'
import { AUTH_PATH, type Auth } from './auth/app.ts'
import { preflightHeaders } from './cors.ts'
import { type Exchange, reply } from './exchange.ts'
import type { GatewayHealth } from './health.ts'
import type { RestProxy } from './proxy.ts'
import { STORAGE_PATH, type Storage } from './storage/app.ts'

export interface Services {
  checkKey: ApiKeyCheck
  proxy: RestProxy
  auth: Auth
  storage: Storage | undefined
  health(): Promise<GatewayHealth>
}

const REST_PATH = '/rest/v1'

/** Parts of a Supabase project that the local stack has not; Storage where it is switched off. */
const absent: Record<string, string> = {
  functions: 'Edge Functions are',
  storage: 'Storage is',
  realtime: 'Realtime is',
  graphql: 'GraphQL is',
}

/** Sends each request to who answers it, after the preflight and the key that Supabase's gateway asks for. */
export function dispatcher(services: Services): (exchange: Exchange) => void {
  return (exchange) => {
    const { path } = exchange.target
    if (exchange.request.method === 'OPTIONS') return preflight(exchange)
    if (path === '/health') return void answerHealth(exchange, services)
    // Who verifies tokens has no key of ours.
    if (path === `${AUTH_PATH}/.well-known/jwks.json`) return services.auth.handle(exchange)

    const key = exchange.head.apiKey ?? exchange.target.apiKey
    const refusal = services.checkKey(key)
    if (isUnder(path, REST_PATH)) {
      if (refusal !== undefined) return reply(exchange, 401, refusal)
      const { query } = exchange.target
      const authorization = exchange.head.hasAuthorization ? undefined : `Bearer ${key}`
      return services.proxy.forward(exchange, (path.slice(REST_PATH.length) || '/') + query, authorization)
    }
    if (isUnder(path, AUTH_PATH)) {
      if (refusal !== undefined) return reply(exchange, 401, refusal)
      return services.auth.handle(exchange)
    }
    if (services.storage !== undefined && isUnder(path, STORAGE_PATH)) {
      if (refusal !== undefined && !services.storage.standsAlone(exchange)) return reply(exchange, 401, refusal)
      return services.storage.handle(exchange)
    }
    const [, service = '', version] = path.split('/')
    const what = version === 'v1' ? absent[service] : undefined
    if (what === undefined) return reply(exchange, 404, noRoute)
    if (refusal !== undefined) return reply(exchange, 401, refusal)
    return reply(exchange, 501, notServed(what))
  }
}

function isUnder(path: string, prefix: string) {
  return path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/')
}

function preflight(exchange: Exchange) {
  const requested = exchange.request.headers['access-control-request-headers']
  exchange.response.writeHead(204, ['X-Request-Id', exchange.id, ...preflightHeaders(requested)])
  exchange.response.end()
}

async function answerHealth(exchange: Exchange, services: Services) {
  const health = await services.health()
  reply(exchange, health.status === 'ok' ? 200 : 503, health, ['Cache-Control', 'no-store'])
}

const noRoute = {
  message: 'no Route matched with those values',
}

// The fields that storage-js, functions-js and graphql clients look for, all at once.
function notServed(what: string) {
  return {
    statusCode: '501',
    error: 'not_implemented',
    code: 'not_implemented',
    message: `${what} not served by the local stack`,
    hint: 'Point SUPABASE_URL at a hosted project for this part.',
  }
}
