-- How long a journal is kept, and so the first month that needs a partition. One place says it.
create function private.retention_edge() returns date
language sql stable
set search_path = ''
as $$
  select (current_date - interval '2 years')::date
$$;
revoke all on function private.retention_edge() from public;
comment on function private.retention_edge() is 'The oldest date that is kept; older entries are deleted.';

-- The partitions of journal_entries with their real bounds, whatever their names say. A bound that is not a date
-- (MINVALUE, MAXVALUE, DEFAULT) is null. DateStyle is fixed because pg_get_expr prints dates in the caller's.
create function private.journal_partitions()
returns table (partition_id oid, partition_name text, lower_bound date, upper_bound date)
language sql stable
set search_path = ''
set datestyle = 'ISO'
as $$
  select
    c.oid,
    c.relname::text,
    substring(b.bound from 'FROM \(''([^'']+)''\)')::date,
    substring(b.bound from 'TO \(''([^'']+)''\)')::date
  from pg_catalog.pg_inherits i
  join pg_catalog.pg_class c on c.oid = i.inhrelid
  cross join lateral (select pg_catalog.pg_get_expr(c.relpartbound, c.oid) as bound) b
  where i.inhparent = 'public.journal_entries'::regclass
$$;
revoke all on function private.journal_partitions() from public;

-- Makes the months that are missing, from the retention edge to months_ahead after this one, and returns the
-- names of those it made. Built aside and attached: ATTACH takes a lock that lets readers and writers of the
-- journal go on, CREATE TABLE ... PARTITION OF does not.
-- https://www.postgresql.org/docs/15/ddl-partitioning.html#DDL-PARTITIONING-DECLARATIVE-MAINTENANCE
create function private.ensure_partitions(months_ahead integer default 3) returns setof text
language plpgsql
set search_path = ''
as $$
declare
  month date;
  next_month date;
  partition_name text;
begin
  if months_ahead not between 0 and 24 then
    raise exception 'months_ahead must be from 0 to 24, not %', months_ahead using errcode = '22023';
  end if;
  -- Two runs at once would both see a month missing.
  perform pg_advisory_xact_lock(hashtextextended('private.ensure_partitions', 0));
  for month in
    select series.month::date
    from generate_series(
      date_trunc('month', private.retention_edge()::timestamp),
      date_trunc('month', current_date::timestamp) + make_interval(months => months_ahead),
      interval '1 month'
    ) as series (month)
  loop
    next_month := (month + interval '1 month')::date;
    continue when exists (
      select from private.journal_partitions() p where p.lower_bound <= month and p.upper_bound >= next_month
    );
    partition_name := 'journal_entries_' || to_char(month, 'YYYY_MM');
    execute format('create table partitions.%I (like public.journal_entries including all)', partition_name);
    -- Nobody reads a partition but through its parent, whose policies then hold. No policy here: closed to all.
    execute format('alter table partitions.%I enable row level security', partition_name);
    execute format('revoke all on table partitions.%I from public, anon, authenticated, service_role', partition_name);
    execute format(
      'alter table public.journal_entries attach partition partitions.%I for values from (%L) to (%L)',
      partition_name, month, next_month
    );
    return next partition_name;
  end loop;
end
$$;
revoke all on function private.ensure_partitions(integer) from public;

select private.ensure_partitions();
