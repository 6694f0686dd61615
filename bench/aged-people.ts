import type pg from 'pg'

/** Who writes the journal. */
export const people = 20_000

/** SQL for the id of person number n, from 0. */
export const personId = (n: string): string => `md5('aged:' || ${n})::uuid`

/** The one who wrote most, and is erased: person number 0. */
export const prolific = {
  number: '0',
  entries: 5000,
  email: 'agathe.prolific@aged.example',
  name: 'Agathe Prolificova',
}

/** Accounts, profiles and purchases; for the prolific one also sessions, goals and metrics. Made without triggers, as superuser. */
export async function seedPeople(client: pg.Client): Promise<void> {
  await client.query(`set session_replication_role = replica`)
  await client.query(
    `insert into auth.users (
       instance_id, id, aud, role, email, raw_app_meta_data, raw_user_meta_data, created_at, updated_at,
       confirmation_token, recovery_token, email_change_token_new, email_change
     )
     select '00000000-0000-0000-0000-000000000000', ${personId('n')}, 'authenticated', 'authenticated',
       case n when 0 then $2 else 'person' || n || '@aged.example' end, '{"provider": "email"}',
       jsonb_build_object('display_name', case n when 0 then $3 else 'Person ' || n end),
       now() - interval '4 years', now() - interval '4 years', '', '', '', ''
     from generate_series(0, $1 - 1) n`,
    [people, prolific.email, prolific.name],
  )
  await client.query(
    `insert into auth.identities (provider_id, user_id, identity_data, provider, created_at, updated_at)
     select u.id::text, u.id, jsonb_build_object('sub', u.id, 'email', u.email), 'email', u.created_at, u.created_at
     from auth.users u;
     insert into public.profiles (user_id, display_name)
     select u.id, u.raw_user_meta_data ->> 'display_name' from auth.users u;
     insert into public.purchases (user_id, plan, amount_cents, currency, idempotency_key, status, period_start, period_end)
     select u.id, 'yearly', 4999, 'EUR', 'aged-' || u.id, 'paid', now() - interval '3 months', now() + interval '9 months'
     from auth.users u`,
  )
  const one = [prolific.number]
  await client.query(
    `with session as (
       insert into auth.sessions (id, user_id, created_at, updated_at)
       select gen_random_uuid(), ${personId('$1::text')}, now(), now() from generate_series(1, 3)
       returning id, user_id
     )
     insert into auth.refresh_tokens (token, user_id, session_id)
     select md5(random()::text), user_id::text, id from session`,
    one,
  )
  await client.query(
    `insert into public.user_addictions (user_id, kind, quit_on, goal)
     select ${personId('$1::text')}, kind, current_date - 1000, 'To read the whole shelf by the window, ' || kind
     from unnest(array['alcohol', 'tobacco']) kind`,
    one,
  )
  await client.query(
    `insert into public.performance_metrics (user_id, name, value, unit, recorded_at)
     select ${personId('$1::text')}, 'screen.open', random() * 900, 'ms', now() - make_interval(hours => n)
     from generate_series(1, 1000) n`,
    one,
  )
}
