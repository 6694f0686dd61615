import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asUser, createTestDatabase, createUser, type TestDatabase } from '../../../../tests/support/database.ts'

describe('the hosted baseline', () => {
  let database: TestDatabase
  let postgres: pg.Client

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: false })
    postgres = new pg.Client({ connectionString: database.url })
    await postgres.connect()
  })

  afterAll(async () => {
    await postgres.end()
    await database.drop()
  })

  it('gives the project owner everything but superuser', async () => {
    const { rows } = await postgres.query(
      'select rolsuper, rolcreaterole, rolcreatedb, rolbypassrls from pg_roles where rolname = current_user',
    )
    expect(rows).toEqual([{ rolsuper: false, rolcreaterole: true, rolcreatedb: true, rolbypassrls: true }])
  })

  it('lets a migration reference auth.users, make schemas and extensions, and set pgrst settings on authenticator', async () => {
    await postgres.query('begin')
    await postgres.query('create schema private')
    await postgres.query('create extension pg_trgm with schema extensions')
    await postgres.query('create table public.diary (user_id uuid references auth.users (id) on delete cascade)')
    await postgres.query(`alter role authenticator set pgrst.db_pre_request = 'private.check'`)
    await postgres.query('rollback')
  })

  it('grants a new table of public to the API roles, so that a migration has to revoke', async () => {
    await postgres.query('begin')
    await postgres.query('create table public.diary (id int)')
    const { rows } = await postgres.query(
      `select role, has_table_privilege(role, 'public.diary', 'insert') as granted
         from unnest(array['anon', 'authenticated', 'service_role']) role`,
    )
    await postgres.query('rollback')
    expect(rows.map((row) => row.granted)).toEqual([true, true, true])
  })

  it('tells a request who is asking', async () => {
    const userId = await createUser(database)
    const { rows } = await asUser(database, userId, (query) =>
      query(`select auth.uid() as uid, auth.role() as role, auth.jwt() ->> 'sub' as sub, auth.email() as email`),
    )
    expect(rows).toEqual([{ uid: userId, role: 'authenticated', sub: userId, email: null }])
  })

  it('keeps people out of auth.users', async () => {
    const userId = await createUser(database)
    await expect(asUser(database, userId, (query) => query('select id from auth.users'))).rejects.toThrow(
      /permission denied for table users/,
    )
  })

  it('deletes the identities, sessions and refresh tokens of a deleted user', async () => {
    const userId = await createUser(database)
    await postgres.query(
      `with session as (insert into auth.sessions (id, user_id) values (gen_random_uuid(), $1) returning id),
            identity as (insert into auth.identities (provider_id, user_id, identity_data, provider) values ('x', $1, '{}', 'email'))
       insert into auth.refresh_tokens (token, user_id, session_id) select 'token', $1::text, id from session`,
      [userId],
    )
    await postgres.query('delete from auth.users where id = $1', [userId])
    const { rows } = await postgres.query(
      `select (select count(*)::int from auth.sessions) as sessions, (select count(*)::int from auth.identities) as identities,
              (select count(*)::int from auth.refresh_tokens) as tokens`,
    )
    expect(rows).toEqual([{ sessions: 0, identities: 0, tokens: 0 }])
  })
})
