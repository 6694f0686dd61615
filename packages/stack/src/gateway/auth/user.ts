import type { Queryable } from './database.ts'
import type { Metadata } from './metadata.ts'

/** One way in which a user is known; here only `email`. */
export interface AuthIdentity {
  identity_id: string
  /** The provider's id of the user: for `email` the user's own id. */
  id: string
  user_id: string
  identity_data: Metadata
  provider: string
  last_sign_in_at?: string
  created_at: string
  updated_at: string
  email?: string
}

/** A user as the API shows it. Times are ISO 8601; what is empty is left out, as Supabase Auth does. */
export interface AuthUser {
  id: string
  aud: string
  role: string
  /** Empty when there is none. */
  email: string
  email_confirmed_at?: string
  invited_at?: string
  phone: string
  phone_confirmed_at?: string
  confirmation_sent_at?: string
  confirmed_at?: string
  recovery_sent_at?: string
  new_email?: string
  email_change_sent_at?: string
  last_sign_in_at?: string
  app_metadata: Metadata
  user_metadata: Metadata
  identities: AuthIdentity[]
  created_at: string
  updated_at: string
  banned_until?: string
  deleted_at?: string
  is_anonymous: boolean
}

/** A user with what the API never shows. */
export interface StoredUser {
  user: AuthUser
  /** bcrypt hash; null or empty when no password is set. */
  passwordHash: string | null
  /** By the database's clock. */
  isBanned: boolean
}

interface UserRow {
  id: string
  aud: string | null
  role: string | null
  email: string | null
  encrypted_password: string | null
  email_confirmed_at: Date | null
  invited_at: Date | null
  phone: string | null
  phone_confirmed_at: Date | null
  confirmation_sent_at: Date | null
  confirmed_at: Date | null
  recovery_sent_at: Date | null
  email_change: string | null
  email_change_sent_at: Date | null
  last_sign_in_at: Date | null
  raw_app_meta_data: Metadata | null
  raw_user_meta_data: Metadata | null
  identities: IdentityRow[]
  created_at: Date | null
  updated_at: Date | null
  banned_until: Date | null
  deleted_at: Date | null
  is_anonymous: boolean
  is_banned: boolean
}

type IdentityRow = Omit<AuthIdentity, 'last_sign_in_at' | 'email'> & {
  last_sign_in_at: string | null
  email: string | null
}

/** Rows of `auth.users` that Supabase Auth itself would find. */
const INSTANCE = '00000000-0000-0000-0000-000000000000'
export const AUDIENCE = 'authenticated'

/** Begins every statement that reads users; `$1` is free for its condition. */
const selectUsers = `
  select u.id, u.aud, u.role, u.email, u.encrypted_password, u.email_confirmed_at, u.invited_at, u.phone,
         u.phone_confirmed_at, u.confirmation_sent_at, u.confirmed_at, u.recovery_sent_at, u.email_change,
         u.email_change_sent_at, u.last_sign_in_at, u.raw_app_meta_data, u.raw_user_meta_data, u.created_at,
         u.updated_at, u.banned_until, u.deleted_at, u.is_anonymous,
         coalesce(u.banned_until > now(), false) as is_banned,
         coalesce((
           select jsonb_agg(jsonb_build_object(
                    'identity_id', i.id, 'id', i.provider_id, 'user_id', i.user_id,
                    'identity_data', i.identity_data, 'provider', i.provider,
                    'last_sign_in_at', i.last_sign_in_at, 'created_at', i.created_at,
                    'updated_at', i.updated_at, 'email', i.email) order by i.created_at)
             from auth.identities i
            where i.user_id = u.id), '[]') as identities
    from auth.users u`

/** The user with this id, deleted ones included; undefined when there is none. */
export async function findUserById(database: Queryable, id: string): Promise<StoredUser | undefined> {
  return first(database, `${selectUsers} where u.id = $1`, [id])
}

/** The user who signs in with this address; never a deleted one. */
export async function findUserByEmail(database: Queryable, email: string): Promise<StoredUser | undefined> {
  // No address has a NUL, and Postgres takes no text with one.
  if (email.includes('\0')) return undefined
  return first(
    database,
    `${selectUsers}
      where u.instance_id = '${INSTANCE}' and lower(u.email) = $1 and u.aud = '${AUDIENCE}'
        and not u.is_sso_user and u.deleted_at is null`,
    [email.toLowerCase()],
  )
}

/** The user of this id, who is known to exist in this transaction. */
export async function reloadUser(connection: Queryable, id: string): Promise<AuthUser> {
  const found = await findUserById(connection, id)
  if (found === undefined) throw new TypeError('the user disappeared within a transaction')
  return found.user
}

export interface UserPage {
  page: number
  perPage: number
  ascending: boolean
  /** Part of an address or of `user_metadata.full_name`. */
  filter: string
}

/** One page of users, newest first unless asked otherwise, and how many there are in all. */
export async function listUsers(database: Queryable, page: UserPage): Promise<{ users: AuthUser[]; total: number }> {
  const where = `
    where u.instance_id = '${INSTANCE}' and u.aud = '${AUDIENCE}'
      and ($1 = '' or u.email like '%' || $1 || '%' or u.raw_user_meta_data ->> 'full_name' ilike '%' || $1 || '%')`
  const direction = page.ascending ? 'asc' : 'desc'
  const counted = await database.query<{ total: string }>(`select count(*) as total from auth.users u ${where}`, [
    page.filter,
  ])
  const { rows } = await database.query<UserRow>(
    // The id decides between users of one instant, or a page could repeat one and miss another.
    `${selectUsers} ${where} order by u.created_at ${direction}, u.id ${direction} limit $2 offset $3`,
    [page.filter, page.perPage, (page.page - 1) * page.perPage],
  )
  return { users: rows.map((row) => stored(row).user), total: Number(counted.rows[0]?.total ?? 0) }
}

export interface NewUser {
  id: string
  email: string
  role: string
  passwordHash: string
  confirmed: boolean
  /** `jsonb` as text. */
  appMetadata: string
  /** `jsonb` as text. */
  userMetadata: string
  /** From now on; 0 is not at all. */
  banMs: number
}

/** Inserts a user. Rejects with the violation of `users_email_partial_key` when the address is taken. */
export async function insertUser(connection: Queryable, user: NewUser): Promise<void> {
  await connection.query(
    // Supabase Auth reads its token columns as text that is never null: rows without them break it once the data moves there.
    `insert into auth.users (
       instance_id, id, aud, role, email, encrypted_password, email_confirmed_at,
       confirmation_token, recovery_token, email_change, email_change_token_new,
       raw_app_meta_data, raw_user_meta_data, banned_until, created_at, updated_at)
     values (
       '${INSTANCE}', $1, '${AUDIENCE}', $2, $3, $4, case when $5 then now() end,
       '', '', '', '',
       $6, $7, case when $8::double precision <> 0 then now() + $8 * interval '1 millisecond' end, now(), now())`,
    [
      user.id,
      user.role,
      user.email,
      user.passwordHash,
      user.confirmed,
      user.appMetadata,
      user.userMetadata,
      user.banMs,
    ],
  )
}

async function first(database: Queryable, text: string, values: unknown[]) {
  const { rows } = await database.query<UserRow>(text, values)
  return rows[0] === undefined ? undefined : stored(rows[0])
}

function stored(row: UserRow): StoredUser {
  return { user: shown(row), passwordHash: row.encrypted_password, isBanned: row.is_banned }
}

function shown(row: UserRow): AuthUser {
  return {
    id: row.id,
    aud: row.aud ?? '',
    role: row.role ?? '',
    email: row.email ?? '',
    ...time('email_confirmed_at', row.email_confirmed_at),
    ...time('invited_at', row.invited_at),
    phone: row.phone ?? '',
    ...time('phone_confirmed_at', row.phone_confirmed_at),
    ...time('confirmation_sent_at', row.confirmation_sent_at),
    ...time('confirmed_at', row.confirmed_at),
    ...time('recovery_sent_at', row.recovery_sent_at),
    ...(row.email_change ? { new_email: row.email_change } : {}),
    ...time('email_change_sent_at', row.email_change_sent_at),
    ...time('last_sign_in_at', row.last_sign_in_at),
    app_metadata: row.raw_app_meta_data ?? {},
    user_metadata: row.raw_user_meta_data ?? {},
    identities: row.identities.map(shownIdentity),
    // GoTrue writes Go's zero time for a row that was inserted without one; 1970 reads as unknown too, and parses everywhere.
    created_at: (row.created_at ?? new Date(0)).toISOString(),
    updated_at: (row.updated_at ?? new Date(0)).toISOString(),
    ...time('banned_until', row.banned_until),
    ...time('deleted_at', row.deleted_at),
    is_anonymous: row.is_anonymous,
  }
}

function shownIdentity(row: IdentityRow): AuthIdentity {
  return {
    identity_id: row.identity_id,
    id: row.id,
    user_id: row.user_id,
    identity_data: row.identity_data,
    provider: row.provider,
    ...(row.last_sign_in_at ? { last_sign_in_at: new Date(row.last_sign_in_at).toISOString() } : {}),
    created_at: new Date(row.created_at ?? 0).toISOString(),
    updated_at: new Date(row.updated_at ?? 0).toISOString(),
    ...(row.email ? { email: row.email } : {}),
  }
}

function time<Key extends string>(key: Key, value: Date | null): { [K in Key]?: string } {
  return (value === null ? {} : { [key]: value.toISOString() }) as { [K in Key]?: string }
}
