import { createHash } from 'node:crypto'
import baseSql from './bootstrap.sql'
import authSql from './bootstrap-auth.sql'
import storageSql from './bootstrap-storage.sql'

/** Changes whenever the baseline does: a cluster that has another one is brought up to date. */
export const bootstrapVersion = createHash('sha256')
  .update(baseSql)
  .update(authSql)
  .update(storageSql)
  .digest('hex')
  .slice(0, 16)

/** Passwords of the four roles that log in besides the superuser. */
export interface RolePasswords {
  postgres: string
  authenticator: string
  supabase_auth_admin: string
  supabase_storage_admin: string
}

const roles = ['postgres', 'authenticator', 'supabase_auth_admin', 'supabase_storage_admin'] as const

/**
 * Brings a database to the state of a hosted Supabase project before its first migration: roles and their passwords (of the whole
 * cluster), schemas, the tables of Auth and Storage, grants and default privileges. Can be run again; one transaction.
 * @param superuserUrl - connection of `supabase_admin`
 */
export async function bootstrapDatabase(superuserUrl: string, passwords: RolePasswords): Promise<void> {
  // Only where it is needed: `journeys status` loads this package too.
  const { default: pg } = await import('pg')
  const client = new pg.Client({ connectionString: superuserUrl })
  await client.connect()
  try {
    const logins = roles.map((role) => `alter role ${role} password ${client.escapeLiteral(passwords[role])};`)
    // One simple query, so one transaction; log_statement stays off or the passwords would be in the log. 'if not exists' notices are noise.
    const quiet = 'set local client_min_messages to warning; set local log_statement to none;'
    await client.query(`begin; ${quiet}\n${baseSql}\n${authSql}\n${storageSql}\n${logins.join('\n')}\ncommit;`)
  } finally {
    await client.end()
  }
}
