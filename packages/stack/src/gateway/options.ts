import type { StackKeys } from '../keys.ts'
import type { AuthSettings } from '../settings.ts'
import type { StorageOptions } from './storage/app.ts'

export interface GatewayOptions {
  /** The only address it listens on: the stack's keys protect a machine's own database, not a network's. */
  host: '127.0.0.1'
  /** 0 takes a free one. */
  port: number
  /** `http://127.0.0.1:<port>` of PostgREST. */
  postgrestUrl: string
  /** PostgREST's admin server, whose `/ready` says more than an answer does. Without it, `/health` asks the API itself. */
  postgrestAdminUrl?: string | undefined
  /** Connection as the role `supabase_auth_admin`. */
  authDatabaseUrl: string
  keys: StackKeys
  auth: AuthSettings
  /** Where Storage keeps files and rows. @defaultValue Storage is not served, and says so */
  storage?: StorageOptions | undefined
  /** File that gets one JSON line per request. @defaultValue no log */
  accessLog?: string | undefined
  /** Largest request body passed on to PostgREST. @defaultValue 16 MiB */
  maxBodyBytes?: number | undefined
  /** How long a request may make no progress at PostgREST. @defaultValue 60 000 */
  upstreamTimeoutMs?: number | undefined
}

export interface Gateway {
  /** `http://127.0.0.1:<port>`, what supabase-js takes as the project's URL. */
  url: string
  port: number
  /** Refuses new connections, lets running requests finish (5 s at most), then closes everything. */
  stop(): Promise<void>
}
