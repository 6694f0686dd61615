-- A pending one was being detached when somebody died: queries no longer see it, and only FINALIZE ends it.
drop function private.journal_partitions();
create function private.journal_partitions()
returns table (partition_id oid, partition_name text, lower_bound date, upper_bound date, detach_pending boolean)
language sql stable
set search_path = ''
set datestyle = 'ISO'
as $$
  select
    c.oid,
    c.relname::text,
    substring(b.bound from 'FROM \(''([^'']+)''\)')::date,
    substring(b.bound from 'TO \(''([^'']+)''\)')::date,
    i.inhdetachpending
  from pg_catalog.pg_inherits i
  join pg_catalog.pg_class c on c.oid = i.inhrelid
  cross join lateral (select pg_catalog.pg_get_expr(c.relpartbound, c.oid) as bound) b
  where i.inhparent = 'public.journal_entries'::regclass
$$;
revoke all on function private.journal_partitions() from public;

-- The months that an entry may be dated in and that have no partition: from the one in which the retention edge lies on, or where the
-- journal is kept for ever, from two years back.
create function private.missing_months(months_ahead integer default null, since date default null) returns setof date
language sql stable
set search_path = ''
as $$
  select series.month::date
  from generate_series(
    date_trunc('month', coalesce(
      missing_months.since, nullif(private.retention_edge(), '-infinity'), ((now() at time zone 'UTC') - interval '2 years')::date
    )::timestamp),
    date_trunc('month', now() at time zone 'UTC') + make_interval(months => coalesce(
      missing_months.months_ahead,
      (select s.value::integer from private.settings s where s.name = 'retention.months_ahead')
    )),
    interval '1 month'
  ) as series (month)
  where not exists (
    select from private.journal_partitions() p
    where not p.detach_pending
      -- A bound that is null is open (MINVALUE, MAXVALUE).
      and coalesce(p.lower_bound, '-infinity') <= series.month::date
      and coalesce(p.upper_bound, 'infinity') >= (series.month + interval '1 month')::date
  )
  order by 1
$$;
revoke all on function private.missing_months(integer, date) from public;

-- Makes one month; null when it is there. Built aside and attached: ATTACH lets readers and writers of the journal go on, CREATE
-- TABLE ... PARTITION OF does not. It locks auth.users against sign-ins until the transaction ends: one month, one transaction.
create function private.make_month(month date) returns text
language plpgsql
set search_path = ''
as $$
declare
  first date := date_trunc('month', month::timestamp)::date;
  next_month date := (date_trunc('month', month::timestamp) + interval '1 month')::date;
  partition_name text := 'journal_entries_' || to_char(month, 'YYYY_MM');
begin
  -- Two runs at once would both see it missing.
  perform pg_advisory_xact_lock(hashtextextended('private.ensure_partitions', 0));
  if exists (
    select from private.journal_partitions() p
    where not p.detach_pending and p.lower_bound <= first and p.upper_bound >= next_month
  ) then
    return null;
  end if;
  if to_regclass(format('partitions.%I', partition_name)) is not null then
    raise exception 'partitions.% is in the way: it is no part of the journal', partition_name using
      errcode = '42P07',
      hint = format(
        'Attach it again: alter table public.journal_entries attach partition partitions.%I for values from (%L) to (%L);',
        partition_name, first, next_month
      );
  end if;
  execute format('create table partitions.%I (like public.journal_entries including all)', partition_name);
  -- Nobody reads a partition but through its parent, whose policies then hold. No policy here: closed to all.
  execute format('alter table partitions.%I enable row level security', partition_name);
  execute format('revoke all on table partitions.%I from public, anon, authenticated, service_role', partition_name);
  execute format(
    'alter table public.journal_entries attach partition partitions.%I for values from (%L) to (%L)',
    partition_name, first, next_month
  );
  return partition_name;
end
$$;
revoke all on function private.make_month(date) from public;

-- All of them at once, for the SQL prompt and the first day; the command makes one at a time.
create or replace function private.ensure_partitions(months_ahead integer default null) returns setof text
language plpgsql
set search_path = ''
as $$
declare
  month date;
  made text;
begin
  if months_ahead not between 0 and 24 then
    raise exception 'months_ahead must be from 0 to 24, not %', months_ahead using errcode = '22023';
  end if;
  for month in select private.missing_months(months_ahead) loop
    made := private.make_month(month);
    if made is not null then
      return next made;
    end if;
  end loop;
end
$$;
