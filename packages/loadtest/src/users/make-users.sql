-- Load-test users in one statement: $1 run id, $2 how many, $3 a password that nobody keeps, or null, $4 whether they outlive
-- the run, $5 journal entries of the past for each, $6 texts to take them from, $7 how long they are banned, or null. One
-- bcrypt hash serves all: a hash per user would take a minute for a thousand.
with secret as materialized (
  select case when $3::text is not null then extensions.crypt($3, extensions.gen_salt('bf', 10)) end as hash
),
people as materialized (
  select n, gen_random_uuid() as id, format('lt-%s-%s@loadtest.invalid', $1::text, n) as email
    from generate_series(1, $2::integer) as n
),
users as (
  insert into auth.users
    (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at, confirmation_token, recovery_token,
     email_change_token_new, email_change, raw_app_meta_data, raw_user_meta_data, banned_until, created_at, updated_at)
  select '00000000-0000-0000-0000-000000000000', p.id, 'authenticated', 'authenticated', p.email, s.hash, now(), '', '', '', '',
         jsonb_build_object(
           'provider', 'email', 'providers', jsonb_build_array('email'),
           'journeys_loadtest', $1::text, 'journeys_loadtest_keep', $4::boolean
         ),
         '{}', now() + $7::interval, now(), now()
    from people p
   cross join secret s
),
identities as (
  insert into auth.identities (provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
  select p.id::text, p.id,
         jsonb_build_object('sub', p.id, 'email', p.email, 'email_verified', true, 'phone_verified', false),
         'email', now(), now(), now()
    from people p
),
profiles as (
  insert into public.profiles (user_id, display_name)
  select p.id, format('Load test %s', p.n) from people p
),
entries as (
  -- Three entries in four days, from yesterday back: what somebody has who writes most evenings.
  insert into public.journal_entries (user_id, date, reflection, scores, created_at, updated_at)
  select p.id, d.day, ($6::text[])[1 + (p.n + e) % cardinality($6::text[])],
         jsonb_build_object('mood', (p.n + e) % 11, 'craving', (p.n + 3 * e) % 11, 'sleep', (2 * p.n + e) % 11),
         d.day + time '20:30', d.day + time '20:30'
    from people p
   cross join generate_series(1, $5::integer) as e
   cross join lateral (select current_date - (e * 4) / 3 as day) d
)
select p.id, p.email from people p order by p.n
