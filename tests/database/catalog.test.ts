import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
let postgres: pg.Pool

beforeAll(async () => {
  database = await createTestDatabase()
  postgres = new pg.Pool({ connectionString: database.url })
})
afterAll(async () => {
  await postgres.end()
  await database.drop()
})

/** First column of every row: the offenders of a rule, so that a failure names them. */
async function offenders(sql: string): Promise<unknown[]> {
  const { rows } = await postgres.query({ text: sql, rowMode: 'array' })
  return rows.map((row) => row[0])
}

describe('what is in the database', () => {
  it('has row level security on every table, also those that no API serves', async () => {
    expect(
      await offenders(`
        select c.oid::regclass::text from pg_class c
        where c.relkind in ('r', 'p') and c.relnamespace::regnamespace::text in ('public', 'private', 'partitions')
          and not c.relrowsecurity`),
    ).toEqual([])
    const tables = await offenders(`
      select c.oid from pg_class c
      where c.relkind in ('r', 'p') and c.relnamespace::regnamespace::text in ('public', 'private', 'partitions')`)
    expect(tables.length).toBeGreaterThan(30)
  })

  it('has a policy on every exposed table', async () => {
    expect(
      await offenders(`
        select c.oid::regclass::text from pg_class c
        where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace
          and not exists (select from pg_policy p where p.polrelid = c.oid)`),
    ).toEqual([])
  })

  it('asks for the user once per query in every policy, and lets signed-in people through only', async () => {
    const { rows } = await postgres.query<{ name: string; roles: string[]; rule: string }>(`
      select tablename || ': ' || policyname as name, roles::text[] as roles, rule
      from pg_policies cross join lateral (values (qual), (with_check)) as rules (rule)
      where schemaname = 'public' and rule is not null`)
    expect(rows.length).toBeGreaterThan(10)
    for (const { name, roles, rule } of rows) {
      expect({ name, roles, rule }).toEqual({
        name,
        roles: ['authenticated'],
        rule: '(( SELECT auth.uid() AS uid) = user_id)',
      })
    }
  })

  it('lets people reach files in their own folder only, and asks for the user once per query', async () => {
    const { rows } = await postgres.query<{ name: string; roles: string[]; rule: string }>(`
      select tablename || ': ' || policyname as name, roles::text[] as roles, rule
      from pg_policies cross join lateral (values (qual), (with_check)) as rules (rule)
      where schemaname = 'storage' and rule is not null`)
    // Select, insert, delete, and both sides of update.
    expect(rows).toHaveLength(5)
    for (const { name, roles, rule } of rows) {
      expect({ name, roles }).toEqual({ name, roles: ['authenticated'] })
      expect(rule).toContain(
        `((bucket_id = 'entry-media'::text) AND ((storage.foldername(name))[1] = (( SELECT auth.uid() AS uid))::text)`,
      )
    }
    const open = `select c.oid::regclass::text from pg_class c
      where c.relnamespace = 'storage'::regnamespace and c.relkind = 'r' and not c.relrowsecurity`
    expect(await offenders(open)).toEqual([])
    expect(await offenders('select id from storage.buckets where public')).toEqual([])
  })

  it('runs views with the rights of who asks', async () => {
    expect(
      await offenders(`
        select c.oid::regclass::text from pg_class c
        where c.relkind in ('v', 'm') and c.relnamespace = 'public'::regnamespace
          and not coalesce(c.reloptions @> array['security_invoker=true'], false)`),
    ).toEqual([])
  })

  it('fixes the search path of every function', async () => {
    expect(
      await offenders(`
        select p.oid::regprocedure::text from pg_proc p
        where p.pronamespace::regnamespace::text in ('public', 'private')
          and not coalesce(p.proconfig @> array['search_path=""'], false)`),
    ).toEqual([])
  })

  it('lets nobody without an account execute anything, but for what PostgREST runs before a request', async () => {
    expect(
      await offenders(`
        select p.oid::regprocedure::text from pg_proc p
        where p.pronamespace::regnamespace::text in ('public', 'private')
          and has_function_privilege('anon', p.oid, 'execute')`),
    ).toEqual(['private.before_request()'])
  })

  it('lets no SECURITY DEFINER function be executed by everybody', async () => {
    expect(
      await offenders(`
        select p.oid::regprocedure::text from pg_proc p
        where p.prosecdef and p.pronamespace::regnamespace::text in ('public', 'private')
          and exists (
            select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where a.grantee = 0
          )`),
    ).toEqual([])
  })

  it('keeps private and partitions to itself', async () => {
    expect(
      await offenders(`
        select r.role || ' on ' || c.oid::regclass
        from pg_class c
        cross join unnest(array['anon', 'authenticated', 'service_role']) as r (role)
        where c.relnamespace::regnamespace::text in ('private', 'partitions')
          and case
            when c.relkind in ('r', 'p', 'v', 'm')
              then has_any_column_privilege(r.role, c.oid, 'select, insert, update, references')
                or has_table_privilege(r.role, c.oid, 'delete, truncate, trigger')
            when c.relkind = 'S' then has_sequence_privilege(r.role, c.oid, 'usage, select, update')
          end`),
    ).toEqual([])
    expect(
      await offenders(`
        select r.role from unnest(array['anon', 'authenticated', 'service_role']) as r (role)
        where has_schema_privilege(r.role, 'partitions', 'usage') or has_schema_privilege(r.role, 'private', 'create')`),
    ).toEqual([])
    // What they can execute in private, and nothing else.
    expect(
      await offenders(`
        select r.role || ' ' || p.oid::regprocedure
        from pg_proc p cross join unnest(array['authenticated', 'service_role']) as r (role)
        where p.pronamespace = 'private'::regnamespace and has_function_privilege(r.role, p.oid, 'execute')
        order by 1`),
    ).toEqual([
      'authenticated private.before_request()',
      // Says of the caller, and of nobody else, whether they still have an account: a policy of Storage asks.
      'authenticated private.caller_has_account()',
      // The same question for those who only look, which takes no lock.
      'authenticated private.caller_is_being_erased()',
      'service_role private.before_request()',
    ])
  })

  it('gives an anonymous visitor no right on any exposed table or sequence', async () => {
    expect(
      await offenders(`
        select c.oid::regclass::text from pg_class c
        where c.relnamespace = 'public'::regnamespace
          and case
            when c.relkind in ('r', 'p', 'v', 'm')
              then has_any_column_privilege('anon', c.oid, 'select, insert, update, references')
                or has_table_privilege('anon', c.oid, 'delete, truncate, trigger')
            when c.relkind = 'S' then has_sequence_privilege('anon', c.oid, 'usage, select, update')
          end`),
    ).toEqual([])
  })

  it('says column by column what a signed-in person may write', async () => {
    const { rows } = await postgres.query<{ table: string; verb: string; columns: string[] }>(`
      select c.relname::text as table, v.verb, array_agg(a.attname::text order by a.attnum) as columns
      from pg_class c
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      cross join (values ('insert'), ('update')) as v (verb)
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
        and has_column_privilege('authenticated', c.oid, a.attnum, v.verb)
      group by 1, 2 order by 1, 2`)
    expect(rows.map(({ table, verb, columns }) => `${verb} ${table}: ${columns.join(' ')}`)).toEqual([
      'insert journal_entries: id user_id date reflection scores',
      'update journal_entries: id user_id date reflection scores',
      'insert performance_metrics: user_id name value unit tags recorded_at',
      'insert profiles: user_id display_name bio timezone locale daily_reminder_at',
      'update profiles: user_id display_name bio timezone locale daily_reminder_at',
      'insert user_addictions: id user_id kind label quit_on goal',
      'update user_addictions: id user_id kind label quit_on goal',
    ])
    expect(
      await offenders(`
        select c.relname from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
          and has_table_privilege('authenticated', c.oid, 'delete') order by 1`),
    ).toEqual(['journal_entries', 'user_addictions'])
    expect(
      await offenders(`
        select c.relname from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
          and has_table_privilege('authenticated', c.oid, 'truncate, trigger, references')`),
    ).toEqual([])
  })

  // What a migration adds is guarded as the rest is: create trigger ... execute function private.guard_person('public.<table>').
  it('asks, before a row of a person is written, changed or removed, whether it may be', async () => {
    const unguarded = () =>
      offenders(`
        select c.oid::regclass || ': ' || string_agg(v.verb, ', ')
        from pg_class c
        cross join (values ('insert', 4), ('delete', 8), ('update', 16)) as v (verb, bit)
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
          and exists (
            select from pg_constraint k
            where k.conrelid = c.oid and k.contype = 'f' and k.confrelid = 'auth.users'::regclass
          )
          and not exists (
            select from pg_trigger t
            where t.tgrelid = c.oid and t.tgfoid = 'private.guard_person'::regproc and t.tgenabled in ('O', 'A')
              -- Before, for each row; with the name that a legal hold gives the table.
              and t.tgtype::int & 3 = 3 and t.tgtype::int & v.bit > 0
              and encode(t.tgargs, 'escape') = 'public.' || c.relname || '\\000'
          )
        group by c.oid`)
    expect(await unguarded()).toEqual([])
    await postgres.query(`
      create table public.letters (user_id uuid references auth.users (id));
      create trigger letters_person before insert or update on public.letters
      for each row execute function private.guard_person('public.letters')`)
    try {
      expect(await unguarded()).toEqual(['letters: delete'])
    } finally {
      await postgres.query('drop table public.letters')
    }
  })

  it('sets the rate limit before every request of PostgREST', async () => {
    expect(
      await offenders(`select unnest(setconfig) from pg_db_role_setting where setrole = 'authenticator'::regrole`),
    ).toContain('pgrst.db_pre_request=private.before_request')
  })
})
