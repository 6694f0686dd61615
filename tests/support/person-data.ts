import { randomUUID } from 'node:crypto'
import type pg from 'pg'

/** How many rows of each kind somebody has. */
export interface PersonData {
  entries: number
  addictions: number
  purchases: number
  metrics: number
  sessions: number
  files: number
}

type Superuser = Pick<pg.Client, 'query'>

/** Gives somebody rows in every table of the app, of Auth and of Storage: past triggers and policies, as a superuser. */
export async function fillPerson(superuser: Superuser, id: string, data: Partial<PersonData> = {}): Promise<void> {
  const { entries = 40, addictions = 2, purchases = 1, metrics = 3, sessions = 2, files = 2 } = data
  await superuser.query(`insert into public.profiles (user_id, display_name) values ($1, 'me')`, [id])
  await superuser.query('insert into private.rate_limits (user_id, window_start, writes) values ($1, now(), 3)', [id])
  await superuser.query(
    `insert into public.user_addictions (user_id, kind, quit_on)
     select $1::uuid, 'tobacco', current_date from generate_series(1, $2::int)`,
    [id, addictions],
  )
  // Over more than a year, and so over many partitions.
  await superuser.query(
    `insert into public.journal_entries (user_id, date, reflection, scores)
     select $1::uuid, current_date - ((n * 400) / greatest($2::int, 1))::int, 'secret thought ' || n,
       jsonb_build_object('mood', n % 11, 'craving', n % 4)
     from generate_series(1, $2::int) n`,
    [id, entries],
  )
  await superuser.query(
    `insert into public.purchases (user_id, plan, amount_cents, currency, idempotency_key, period_start, created_at)
     select $1::uuid, 'lifetime', 9999, 'EUR', 'key-of-' || $1::text || n, timestamptz '2026-03-01 12:00Z', timestamptz '2026-03-01 12:00Z'
     from generate_series(1, $2::int) n`,
    [id, purchases],
  )
  await superuser.query(
    `insert into public.performance_metrics (user_id, name, value, unit, recorded_at)
     select $1, 'start', 3, 'ms', now() from generate_series(1, $2::int)`,
    [id, metrics],
  )
  await superuser.query(
    `insert into auth.identities (id, provider_id, user_id, identity_data, provider, created_at, updated_at)
     select gen_random_uuid(), u.id::text, u.id, jsonb_build_object('sub', u.id, 'email', u.email), 'email', now(), now()
     from auth.users u where u.id = $1`,
    [id],
  )
  for (let n = 0; n < sessions; n += 1) await signIn(superuser, id)
  await superuser.query(
    `insert into storage.objects (bucket_id, name, owner, owner_id, metadata)
     select 'entry-media', $1::text || '/entry/' || n || '.png', $1::uuid, $1::text, '{"size": 1000}'
     from generate_series(1, $2::int) n`,
    [id, files],
  )
}

async function signIn(superuser: Superuser, id: string): Promise<void> {
  const { rows } = await superuser.query(
    'insert into auth.sessions (id, user_id, created_at, updated_at) values (gen_random_uuid(), $1, now(), now()) returning id',
    [id],
  )
  await superuser.query(
    `insert into auth.refresh_tokens (token, user_id, session_id, revoked, created_at, updated_at)
     values ($1, $2, $3, false, now(), now())`,
    [randomUUID(), id, rows[0].id],
  )
  await superuser.query(
    `insert into auth.mfa_amr_claims (id, session_id, created_at, updated_at, authentication_method)
     values (gen_random_uuid(), $1, now(), now(), 'password')`,
    [rows[0].id],
  )
}

/** Every row of every table of the app, Auth and Storage, as text, by table: to see that nothing has changed, or what has. */
export async function allRows(
  superuser: Superuser,
  condition: (row: string) => boolean = () => true,
): Promise<Record<string, string[]>> {
  const { rows: tables } = await superuser.query(
    `select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and not c.relispartition and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
     order by 1`,
  )
  const found: Record<string, string[]> = {}
  for (const { name } of tables) {
    const { rows } = await superuser.query(`select to_jsonb(t)::text as row from ${name} t order by 1`)
    const kept = rows.map(({ row }) => row as string).filter(condition)
    if (kept.length > 0) found[name] = kept
  }
  return found
}
