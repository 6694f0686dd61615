-- Scores may stay for statistics when so many people wrote some of the same kind that they lead to nobody; a row that keeps
-- some has nothing else of its person, and no day: all its times are the first of its month.
-- The old check allowed less, so every row there is holds to this one, too; validated by a migration of its own, which
-- locks out neither readers nor writers, while a check that is made and validated at once would.
alter table public.journal_entries drop constraint journal_entries_owned_or_anonymized;
alter table public.journal_entries add constraint journal_entries_owned_or_anonymized check (
  user_id is not null
  or (
    reflection = '[ANONYMIZED]'
    and (
      scores = '{}'
      or (
        extract(day from date) = 1
        and created_at = date::timestamp at time zone 'UTC'
        and updated_at = date::timestamp at time zone 'UTC'
      )
    )
  )
) not valid;

-- Of one row's scores those that may stay. "months" names them: {"2026-11": ["mood", "craving"]}.
create function private.kept_scores(scores jsonb, day date, months jsonb) returns jsonb
language sql immutable
set search_path = ''
as $$
  select coalesce(jsonb_object_agg(s.key, s.value), '{}')
  from jsonb_each(kept_scores.scores) s
  where kept_scores.months -> to_char(kept_scores.day::timestamp, 'YYYY-MM') ? s.key
$$;
revoke all on function private.kept_scores(jsonb, date, jsonb) from public;

-- For every kind of score of a person and every month in which they wrote it: how often, and whether at least k other
-- people wrote one of that kind in that month. What many write is found among the first few people of the month, along
-- the index; only for what is rare the whole month is read, once for all such kinds.
create function private.shared_scores(person uuid, k integer)
returns table (month date, score text, written bigint, is_kept boolean)
language plpgsql stable
set search_path = ''
as $$
declare
  this_month date;
  mine jsonb;
  shared text[];
  rare text[];
begin
  if k is null or k < 2 then
    raise exception 'k must be at least 2, not %', k using errcode = '22023';
  end if;
  for this_month, mine in
    select w.month, jsonb_object_agg(w.score, w.written)
    from (
      select date_trunc('month', j.date::timestamp)::date as month, s.score, count(*) as written
      from public.journal_entries j
      cross join lateral jsonb_object_keys(j.scores) s (score)
      where j.user_id = shared_scores.person
      group by 1, 2
    ) w
    group by w.month
    order by w.month
  loop
    select coalesce(array_agg(o.score), '{}') into shared
    from (
      select s.score
      from (
        select j.user_id, j.scores
        from public.journal_entries j
        where j.date >= this_month and j.date < (this_month + interval '1 month')::date
          and j.user_id <> shared_scores.person
        order by j.user_id
        limit 50 * shared_scores.k
      ) near
      cross join lateral jsonb_object_keys(near.scores) s (score)
      where mine ? s.score
      group by s.score
      having count(distinct near.user_id) >= shared_scores.k
    ) o;
    rare := array(select m.score from jsonb_object_keys(mine) m (score) where m.score <> all (shared));
    if cardinality(rare) > 0 then
      shared := shared || array(
        select s.score
        from public.journal_entries j
        cross join lateral jsonb_object_keys(j.scores) s (score)
        where j.date >= this_month and j.date < (this_month + interval '1 month')::date
          and j.user_id <> shared_scores.person
          and j.scores ?| rare
          and s.score = any (rare)
        group by s.score
        having count(distinct j.user_id) >= shared_scores.k
      );
    end if;
    return query
      select this_month, m.key, m.value::bigint, m.key = any (shared) from jsonb_each_text(mine) m order by m.key;
  end loop;
end
$$;
revoke all on function private.shared_scores(uuid, integer) from public;

-- As in 20261101001000, and: months of the journal that are on their way out (schema "retired") lose the person's rows; and
-- whoever is under a legal hold, has opposed it, or is just being erased is refused. It is the SQL entry point for the part of
-- an erasure that is in these tables; the whole is `journeys gdpr anonymize`, which leaves the same in them.
-- Errors: 42501 the caller is no operator · P0002 there is no such user · 55006 hold, restriction, or erasure under way.
create or replace function public.anonymize_user_data(user_uuid uuid) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  caller text := private.require_operator();
  counts jsonb := '{}';
  affected bigint;
  retired_rows bigint := 0;
  kind text;
  old record;
begin
  -- Whoever wants to write for this person waits for this row: before_request and every foreign key ask for a share.
  perform from auth.users u where u.id = user_uuid for update;
  if not found then
    raise exception 'there is no user %', user_uuid using errcode = 'P0002';
  end if;

  -- After the lock: who places one of these waits for it, too.
  if exists (select from private.legal_holds h where h.user_id = user_uuid) then
    raise exception 'data of user % is under a legal hold', user_uuid using errcode = '55006',
      hint = 'See journeys gdpr hold list. A hold on some tables lets journeys gdpr anonymize do the rest.';
  end if;
  select r.kind into kind from private.processing_restrictions r where r.user_id = user_uuid;
  if kind = 'erasure' then
    raise exception 'an erasure of user % is under way', user_uuid using errcode = '55006',
      hint = 'Let it finish: journeys gdpr status says where it is.';
  elsif found then
    raise exception 'the processing of the data of user % is restricted', user_uuid using errcode = '55006',
      hint = 'A person who asked for that opposes erasure (Art. 18(1)(b) GDPR). To end it: journeys gdpr unrestrict.';
  end if;

  delete from private.rate_limits r where r.user_id = user_uuid;

  update public.journal_entries j
  set id = gen_random_uuid(),
    user_id = null,
    reflection = '[ANONYMIZED]',
    scores = '{}',
    created_at = j.date::timestamp at time zone 'UTC',
    updated_at = j.date::timestamp at time zone 'UTC'
  where j.user_id = user_uuid;
  get diagnostics affected = row_count;
  counts := counts || jsonb_build_object('journal_entries', affected);

  for old in
    select n.nspname, c.relname
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = 'user_id' and not a.attisdropped
    where n.nspname = 'retired' and c.relkind = 'r' and c.relname like 'journal\_entries\_%'
    order by c.relname
  loop
    execute format('delete from %I.%I where user_id = $1', old.nspname, old.relname) using user_uuid;
    get diagnostics affected = row_count;
    retired_rows := retired_rows + affected;
  end loop;
  counts := counts || jsonb_build_object('retired_journal_entries', retired_rows);

  delete from public.profiles p where p.user_id = user_uuid;
  get diagnostics affected = row_count;
  counts := counts || jsonb_build_object('profiles', affected);

  delete from public.user_addictions a where a.user_id = user_uuid;
  get diagnostics affected = row_count;
  counts := counts || jsonb_build_object('user_addictions', affected);

  -- The key was chosen by the person's device and may be in its logs.
  update public.purchases p
  set user_id = null, idempotency_key = gen_random_uuid()::text
  where p.user_id = user_uuid;
  get diagnostics affected = row_count;
  counts := counts || jsonb_build_object('purchases', affected);

  delete from public.performance_metrics m where m.user_id = user_uuid;
  get diagnostics affected = row_count;
  counts := counts || jsonb_build_object('performance_metrics', affected);

  perform private.record_audit('user.anonymize', user_uuid, counts, caller);
  return counts;
end
$$;
