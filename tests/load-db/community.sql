-- A community that is large enough for the planner to care: 2,000 people, 100 entries each over the last two years, purchases.
with people as materialized (
  select n, gen_random_uuid() as id from generate_series(1, 2000) as n
),
users as (
  insert into auth.users
    (instance_id, id, aud, role, email, email_confirmed_at, confirmation_token, recovery_token, email_change_token_new,
     email_change, raw_app_meta_data, raw_user_meta_data, created_at, updated_at)
  select '00000000-0000-0000-0000-000000000000', p.id, 'authenticated', 'authenticated',
         format('person-%s@community.example', p.n), now(), '', '', '', '', '{}', '{}', now(), now()
    from people p
),
profiles as (
  insert into public.profiles (user_id, display_name) select p.id, format('Person %s', p.n) from people p
),
purchases as (
  insert into public.purchases (user_id, plan, amount_cents, currency, idempotency_key, period_start, period_end, created_at)
  select p.id, 'monthly', 499, 'EUR', format('community-%s', m), d.day, d.day + interval '1 month', d.day
    from people p
   cross join generate_series(1, 6) as m
   cross join lateral (select now() - make_interval(months => m) as day) d
   where p.n % 2 = 0
),
entries as (
  insert into public.journal_entries (user_id, date, reflection, scores)
  select p.id, current_date - e * 7, repeat('Another evening without it, and a walk. ', 6),
         jsonb_build_object('mood', (p.n + e) % 11, 'craving', (p.n + 3 * e) % 11, 'sleep', (2 * p.n + e) % 11)
    from people p
   cross join generate_series(1, 100) as e
)
select p.id from people p order by p.n
