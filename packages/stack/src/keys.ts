import { createHmac, randomBytes } from 'node:crypto'

/** What a client needs to talk to a stack, and what the stack needs to check it. All of it is secret but `anonKey`. */
export interface StackKeys {
  /** HS256 key that signs and verifies every token of this stack. */
  jwtSecret: string
  anonKey: string
  serviceRoleKey: string
}

/** Passwords of the database roles that log in. */
export interface DatabasePasswords {
  supabase_admin: string
  postgres: string
  authenticator: string
  supabase_auth_admin: string
  supabase_storage_admin: string
}

const TEN_YEARS_S = 10 * 365 * 24 * 3600

/** New keys for one stack, in the form that Supabase gives them: two HS256 tokens with a `role` claim, valid for ten years. */
export function generateKeys(): StackKeys {
  const jwtSecret = randomBytes(48).toString('base64url')
  return {
    jwtSecret,
    anonKey: apiKey(jwtSecret, 'anon'),
    serviceRoleKey: apiKey(jwtSecret, 'service_role'),
  }
}

/** New database passwords: letters, digits, `-` and `_`, so that they need no escaping in a URL. */
export function generatePasswords(): DatabasePasswords {
  const password = () => randomBytes(24).toString('base64url')
  return {
    supabase_admin: password(),
    postgres: password(),
    authenticator: password(),
    supabase_auth_admin: password(),
    supabase_storage_admin: password(),
  }
}

// Two constant tokens made in a synchronous call; jose, which signs the users' tokens, is asynchronous only.
function apiKey(jwtSecret: string, role: 'anon' | 'service_role'): string {
  const issuedAt = Math.floor(Date.now() / 1000)
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { iss: 'supabase', ref: 'local', role, iat: issuedAt, exp: issuedAt + TEN_YEARS_S }
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`
  return `${signed}.${createHmac('sha256', jwtSecret).update(signed).digest('base64url')}`
}
