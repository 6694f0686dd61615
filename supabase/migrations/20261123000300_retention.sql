-- How long what is kept, months on their way out, and runs that can be resumed. The command "journeys retention run" does the work
-- with DETACH CONCURRENTLY; public.cleanup_old_data() does what can be done inside a function, for pg_cron.

-- Months that no longer hang on the journal and wait for the end of their grace period. Not exposed, closed to every API role.
create schema retired;
revoke all on schema retired from public;

-- The one place that says how long what is kept: the command writes journeys.config.json into it before it does anything else,
-- cleanup_old_data() reads it.
create table private.retention_rules (
  name text primary key,
  -- schema.table
  target text not null,
  -- months: whole partitions of the journal, then the rest by rows · rows: in batches · load-test-users: accounts with their mark.
  method text not null default 'rows',
  -- What tells the age of a row: the first of these columns that is set.
  columns text[] not null,
  -- The column that leads to the person, whose rows a legal hold or a restriction keeps; null: none does.
  subject text,
  -- Null: switched off.
  keep interval,
  position integer not null default 100,
  constraint retention_rules_name_format check (name ~ '^[a-z][a-z0-9-]{0,40}$'),
  constraint retention_rules_target_qualified check (target ~ '^[^.]+\.[^.]+$'),
  constraint retention_rules_method_known check (method in ('months', 'rows', 'load-test-users')),
  constraint retention_rules_columns_named check (cardinality(columns) > 0),
  constraint retention_rules_keep_positive check (keep > interval '0')
);
alter table private.retention_rules enable row level security;

insert into private.retention_rules (name, target, method, columns, subject, keep, position) values
  ('entries', 'public.journal_entries', 'months', '{date}', 'user_id', '2 years', 1),
  ('metrics', 'public.performance_metrics', 'rows', '{recorded_at}', 'user_id', '90 days', 2),
  ('audit-log', 'private.audit_log', 'rows', '{at}', 'subject_hash', '3 years', 3),
  ('sessions', 'auth.sessions', 'rows', '{refreshed_at,updated_at,created_at}', 'user_id', '90 days', 4),
  ('rate-limits', 'private.rate_limits', 'rows', '{window_start}', 'user_id', '1 day', 5),
  ('load-test-leftovers', 'auth.users', 'load-test-users', '{created_at}', 'id', '7 days', 6),
  ('run-records', 'private.retention_runs', 'rows', '{finished_at}', null, '1 year', 7);

insert into private.settings (name, value)
values ('retention.grace_days', '30'), ('retention.months_ahead', '3');

-- The days are those of UTC wherever the server thinks it is: two runs of one evening must agree.
create or replace function private.retention_edge() returns date
language sql stable
set search_path = ''
as $$
  select coalesce(
    ((now() at time zone 'UTC')::date - (select r.keep from private.retention_rules r where r.name = 'entries'))::date,
    '-infinity'
  )
$$;
comment on function private.retention_edge() is
  'The oldest date of the journal that is kept; older entries go. -infinity: the rule is switched off.';

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

-- Every run of "journeys retention run" and of cleanup_old_data(). A run of the command is written down before it does anything, with
-- the edge of every rule, so that one that was killed goes on to the same end.
update private.retention_runs set finished_at = started_at where finished_at is null;
alter table private.retention_runs
  add column state text not null default 'done',
  add column edges jsonb not null default '{}',
  add column detail jsonb not null default '{}',
  add constraint retention_runs_state_known check (state in ('running', 'interrupted', 'failed', 'done')),
  add constraint retention_runs_objects check (jsonb_typeof(edges) = 'object' and jsonb_typeof(detail) = 'object');
update private.retention_runs set state = 'failed' where error is not null;
alter table private.retention_runs add constraint retention_runs_done_is_finished check (
  state <> 'done' or (finished_at is not null and error is null)
);
comment on table private.retention_runs is
  'Every run of retention. A call of cleanup_old_data() that fails rolls its own row back: health sees that the last one is too old.';

-- How far a run is. A step that began and did not end is simply done again: every step may be repeated.
create table private.retention_steps (
  run_id bigint not null references private.retention_runs (id) on delete cascade,
  step text not null,
  state text not null default 'running',
  attempts integer not null default 1,
  started_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz,
  -- Counts, never content.
  detail jsonb not null default '{}',
  error text,
  primary key (run_id, step),
  constraint retention_steps_state_known check (state in ('running', 'failed', 'done')),
  constraint retention_steps_detail_object check (jsonb_typeof(detail) = 'object')
);
alter table private.retention_steps enable row level security;

-- What became of each month that left the journal. Written before it is detached, because afterwards nothing else says its bounds.
create table private.retired_partitions (
  id bigint generated always as identity primary key,
  -- In "partitions" until it is retired, in "retired" afterwards.
  name text not null,
  lower_bound date,
  upper_bound date not null,
  -- detaching → retired → dropping → dropped, or restored.
  state text not null default 'detaching',
  rows bigint,
  -- Of a large month the count is that of the planner's statistics: counting would take longer than retiring it.
  rows_estimated boolean not null default false,
  bytes bigint,
  retired_at timestamptz,
  drop_after timestamptz,
  dropped_at timestamptz,
  restored_at timestamptz,
  -- Of a restored one: not retired again before this day.
  keep_until date,
  constraint retired_partitions_state_known check (state in ('detaching', 'retired', 'dropping', 'dropped', 'restored')),
  constraint retired_partitions_times check (
    case state
      when 'retired' then retired_at is not null and drop_after is not null
      when 'dropped' then dropped_at is not null
      when 'restored' then restored_at is not null and keep_until is not null
      else true
    end
  )
);
alter table private.retired_partitions enable row level security;
create unique index retired_partitions_name_there on private.retired_partitions (name)
where state in ('detaching', 'retired', 'dropping');

revoke all on table private.retention_rules, private.retention_steps, private.retired_partitions
from public, anon, authenticated, service_role;
revoke all on sequence private.retired_partitions_id_seq from public, anon, authenticated, service_role;

-- The one lock of retention: the command holds it for its session, cleanup_old_data() for its transaction.
create function private.retention_lock() returns bigint
language sql immutable
set search_path = ''
as $$
  select hashtextextended('journeys.retention', 0)
$$;
revoke all on function private.retention_lock() from public;

-- Up to when what this rule is about has expired. The journal goes by whole days.
create function private.rule_edge(rule private.retention_rules, at timestamptz default now()) returns timestamptz
language sql stable
set search_path = ''
as $$
  select case
    when rule.method = 'months' then ((at at time zone 'UTC')::date - rule.keep)::date::timestamp at time zone 'UTC'
    else ((at at time zone 'UTC') - rule.keep) at time zone 'UTC'
  end
$$;
revoke all on function private.rule_edge(private.retention_rules, timestamptz) from public;

-- When a row of this table, called "t", is expired by this rule: SQL with one parameter, $1, the edge as timestamptz. A date, and a
-- time without a zone, are those of UTC.
create function private.expired_condition(rule private.retention_rules, relation regclass) returns text
language plpgsql stable
set search_path = ''
as $$
declare
  ages text[] := '{}';
  conditions text[];
  age_type text;
  subject_type text;
  item record;
begin
  for item in
    select n.name, pg_catalog.format_type(a.atttypid, null) as type
    from unnest(rule.columns) with ordinality as n (name, position)
    left join pg_catalog.pg_attribute a on a.attrelid = relation and a.attname = n.name and a.attnum > 0 and not a.attisdropped
    order by n.position
  loop
    age_type := item.type;
    ages := ages || case item.type
      when 'date' then format('(t.%I::timestamp at time zone ''UTC'')', item.name)
      when 'timestamp without time zone' then format('(t.%I at time zone ''UTC'')', item.name)
      when 'timestamp with time zone' then format('t.%I', item.name)
    end;
    if ages[cardinality(ages)] is null then
      raise exception 'the retention rule % goes by %.%, which is %', rule.name, relation, item.name,
        coalesce('of type ' || item.type, 'not there') using
        errcode = '42703', hint = 'Name a column of type date or timestamp in journeys.config.json.';
    end if;
  end loop;
  conditions := array[case
    -- As it is, so that an index can help.
    when cardinality(ages) = 1 and age_type = 'date' then format('t.%I < ($1 at time zone ''UTC'')::date', rule.columns[1])
    else format('coalesce(%s) < $1', array_to_string(ages, ', '))
  end];
  if rule.subject is not null then
    select pg_catalog.format_type(a.atttypid, null) into subject_type
    from pg_catalog.pg_attribute a
    where a.attrelid = relation and a.attname = rule.subject and a.attnum > 0 and not a.attisdropped;
    if subject_type is null then
      raise exception 'the retention rule % names the person by %.%, which is not there', rule.name, relation, rule.subject
        using errcode = '42703', hint = 'Name the column with the id of the person in journeys.config.json.';
    end if;
    conditions := conditions || format(
      '(t.%1$I is null or t.%1$I not in (select %2$s from private.held_people(%3$L) as held (id)))',
      rule.subject,
      case
        when rule.subject = 'subject_hash' then 'private.subject_hash(held.id)'
        when subject_type = 'uuid' then 'held.id'
        else 'held.id::text'
      end,
      rule.target
    );
  end if;
  if rule.method = 'load-test-users' then
    conditions := conditions || array[
      't.raw_app_meta_data ? ''journeys_loadtest''',
      'not coalesce((t.raw_app_meta_data ->> ''journeys_loadtest_keep'')::boolean, false)'
    ];
  end if;
  return array_to_string(conditions, ' and ');
end
$$;
revoke all on function private.expired_condition(private.retention_rules, regclass) from public;

-- Brought back for a while: retention leaves it alone until then.
create function private.is_restored(partition_name text) returns boolean
language sql stable
set search_path = ''
as $$
  select exists (
    select from private.retired_partitions r
    where r.name = is_restored.partition_name and r.state = 'restored' and r.keep_until > (now() at time zone 'UTC')::date
  )
$$;
revoke all on function private.is_restored(text) from public;

-- The tables that hold a rule's rows: the table itself, or the leaves of a partitioned one. Of the journal only the month that the
-- edge falls into, and months past it that people under a legal hold keep in place; not what somebody has restored.
create function private.tables_of_rule(rule private.retention_rules, edge timestamptz) returns setof regclass
language sql stable
set search_path = ''
as $$
  select c.oid::regclass
  from pg_catalog.pg_class c
  where c.oid = rule.target::regclass and c.relkind = 'r' and rule.method <> 'months'
  union all
  -- Of a table without partitions there is no tree.
  select tree.relid
  from pg_catalog.pg_partition_tree(rule.target::regclass) tree
  where tree.isleaf and tree.level > 0 and rule.method <> 'months'
  union all
  select p.partition_id::regclass
  from (select * from private.journal_partitions() order by upper_bound) p
  where rule.method = 'months'
    and not p.detach_pending
    and coalesce(p.lower_bound, '-infinity') < (edge at time zone 'UTC')::date
    and not private.is_restored(p.partition_name)
$$;

revoke all on function private.tables_of_rule(private.retention_rules, timestamptz) from public;

-- What keeps a month where it is. "held": rows of somebody whom a legal hold or a restriction protects; it stays and is emptied of
-- everybody else's. "erasure": somebody in it is just being erased; the next run takes it. One look into the index for each person.
create function private.month_obstacle(relation regclass) returns text
language plpgsql stable
set search_path = ''
as $$
declare
  held record;
  found_one boolean;
  obstacle text;
begin
  for held in
    select h.id, coalesce(r.kind = 'erasure', false) as erasing
    from private.held_people('public.journal_entries') as h (id)
    left join private.processing_restrictions r on r.user_id = h.id
  loop
    execute format('select exists (select from %s t where t.user_id = $1)', relation) into found_one using held.id;
    if found_one and not held.erasing then
      return 'held';
    elsif found_one then
      obstacle := 'erasure';
    end if;
  end loop;
  return obstacle;
end
$$;
revoke all on function private.month_obstacle(regclass) from public;

-- How many rows a month has: counted where that is quick, else as the planner's statistics have it. Counting five million rows would
-- take longer than retiring them.
create function private.count_month(relation regclass, out rows bigint, out estimated boolean, out bytes bigint)
language plpgsql stable
set search_path = ''
as $$
begin
  bytes := pg_catalog.pg_total_relation_size(relation);
  select c.reltuples::bigint, true into rows, estimated
  from pg_catalog.pg_class c
  where c.oid = relation and c.reltuples >= 0 and pg_catalog.pg_relation_size(relation) > 4 * 1024 * 1024;
  if not found then
    execute format('select count(*) from %s', relation) into rows;
    estimated := false;
  end if;
end
$$;
revoke all on function private.count_month(regclass) from public;

-- That a month is about to be detached, with the bounds that nothing else will say afterwards.
create function private.note_detaching(month_name text, lower_bound date, upper_bound date) returns void
language sql
set search_path = ''
as $$
  insert into private.retired_partitions (name, lower_bound, upper_bound)
  select note_detaching.month_name, note_detaching.lower_bound, note_detaching.upper_bound
  where not exists (
    select from private.retired_partitions r where r.name = note_detaching.month_name and r.state = 'detaching'
  )
$$;
revoke all on function private.note_detaching(text, date, date) from public;

-- Takes a month that no longer hangs on the journal out of the way, and starts its grace period. Its rows stay as they are, with their
-- index and their foreign key: an erasure finds them, and restoring it needs to check nothing.
create function private.retire_month(month_name text, relation regclass) returns text
language plpgsql
set search_path = ''
as $$
declare
  -- The map of personal data knows these tables by the beginning of their name.
  new_name text := case when month_name like 'journal\_entries\_%' then month_name else 'journal_entries_' || month_name end;
  counted record;
begin
  for i in 2 .. 1000 loop
    exit when to_regclass(format('retired.%I', new_name)) is null;
    new_name := left(month_name, 55) || '_' || i;
  end loop;
  select * into counted from private.count_month(relation);
  if new_name <> month_name then
    execute format('alter table %s rename to %I', relation, new_name);
  end if;
  -- By its oid: it is the same table under another name.
  execute format('alter table %s set schema retired', relation);
  execute format('alter table retired.%I enable row level security', new_name);
  execute format('revoke all on table retired.%I from public, anon, authenticated, service_role', new_name);
  update private.retired_partitions r
  set name = new_name,
    state = 'retired',
    retired_at = clock_timestamp(),
    drop_after = clock_timestamp() + make_interval(
      days => (select s.value::integer from private.settings s where s.name = 'retention.grace_days')
    ),
    rows = counted.rows,
    rows_estimated = counted.estimated,
    bytes = counted.bytes
  where r.name = month_name and r.state = 'detaching';
  return new_name;
end
$$;
revoke all on function private.retire_month(text, regclass) from public;

-- Puts a retired month back where it was. That its rows are within its bounds is checked while it is still nobody's; attaching then
-- takes the check's word, and its foreign key, and is done in a moment: it locks auth.users against everybody until the end.
create function private.restore_month(month_name text, keep_until date) returns void
language plpgsql
set search_path = ''
as $$
declare
  month private.retired_partitions;
  checked text;
begin
  select r.* into strict month from private.retired_partitions r where r.name = month_name and r.state = 'retired' for update;
  execute format(
    'alter table retired.%I add constraint within_bounds check (date is not null and date >= %L and date < %L)',
    month_name, coalesce(month.lower_bound, '-infinity'), month.upper_bound
  );
  execute format('alter table retired.%I set schema partitions', month_name);
  execute format(
    'alter table public.journal_entries attach partition partitions.%I for values from (%s) to (%L)',
    month_name, coalesce(quote_literal(month.lower_bound), 'minvalue'), month.upper_bound
  );
  -- This check, and the one that detaching made: the bounds say the same now.
  for checked in
    select c.conname from pg_catalog.pg_constraint c
    where c.conrelid = format('partitions.%I', month_name)::regclass and c.contype = 'c' and c.coninhcount = 0
  loop
    execute format('alter table partitions.%I drop constraint %I', month_name, checked);
  end loop;
  update private.retired_partitions r
  set state = 'restored', restored_at = clock_timestamp(), keep_until = restore_month.keep_until
  where r.id = month.id;
end
$$;
revoke all on function private.restore_month(text, date) from public;

-- Drops a retired month in two transactions, because the foreign key's end locks auth.users against everybody: first the key, which is
-- a matter of a millisecond, then the table, which then concerns nobody. Returns false when somebody's rows in it are held.
create function private.unlink_month(month_name text) returns boolean
language plpgsql
set search_path = ''
as $$
declare
  key text;
begin
  lock table private.legal_holds, private.processing_restrictions in share mode;
  if private.month_obstacle(format('retired.%I', month_name)::regclass) is not null then
    return false;
  end if;
  update private.retired_partitions r set state = 'dropping' where r.name = month_name and r.state = 'retired';
  for key in
    select c.conname from pg_catalog.pg_constraint c
    where c.conrelid = format('retired.%I', month_name)::regclass and c.contype = 'f'
  loop
    execute format('alter table retired.%I drop constraint %I', month_name, key);
  end loop;
  return true;
end
$$;
revoke all on function private.unlink_month(text) from public;

create function private.drop_month(month_name text) returns void
language plpgsql
set search_path = ''
as $$
begin
  execute format('drop table if exists retired.%I', month_name);
  update private.retired_partitions r
  set state = 'dropped', dropped_at = clock_timestamp()
  where r.name = month_name and r.state = 'dropping';
end
$$;
revoke all on function private.drop_month(text) from public;

-- Deletes the expired rows in some pages of a table that nobody's hold keeps: pages, because that finds them in one pass, whatever
-- the number of batches and without an index. A hold that is being placed waits for the end of the transaction, and is then too late for
-- these rows; one that is placed is seen.
create function private.delete_expired(
  rule_name text, relation regclass, edge timestamptz, first_page bigint, pages bigint, skip_locked boolean default false
) returns bigint
language plpgsql
set search_path = ''
as $$
declare
  rule private.retention_rules;
  condition text;
  affected bigint;
  people uuid[];
begin
  select r.* into strict rule from private.retention_rules r where r.name = rule_name;
  lock table private.legal_holds, private.processing_restrictions in share mode;
  condition := 't.ctid >= $2 and t.ctid < $3 and ' || private.expired_condition(rule, relation);
  -- Opens the door in the triggers that keep the audit log and people's rows from changing: for deleting, until the end of this function.
  perform set_config('journeys.retention', rule_name, true);
  if rule.method = 'load-test-users' then
    -- Purchases would outlive their account; entries go faster together than one person at a time through every month.
    execute format(
      'select array_agg(l.id) from (select t.id from only %s t where %s for update skip locked) l', relation, condition
    ) into people using edge, format('(%s,0)', first_page)::tid, format('(%s,0)', first_page + pages)::tid;
    delete from public.purchases p where p.user_id = any (people);
    delete from public.journal_entries j where j.user_id = any (people);
    delete from auth.users u where u.id = any (people);
  elsif skip_locked then
    execute format(
      'delete from only %1$s d where d.ctid in (select t.ctid from only %1$s t where %2$s for update skip locked)', relation, condition
    ) using edge, format('(%s,0)', first_page)::tid, format('(%s,0)', first_page + pages)::tid;
  else
    execute format('delete from only %s t where %s', relation, condition)
    using edge, format('(%s,0)', first_page)::tid, format('(%s,0)', first_page + pages)::tid;
  end if;
  get diagnostics affected = row_count;
  perform set_config('journeys.retention', '', true);
  return affected;
end
$$;
revoke all on function private.delete_expired(text, regclass, timestamptz, bigint, bigint, boolean) from public;

-- The same, counted in the record of the run: in one transaction, so that the count holds whatever dies.
create function private.delete_batch(
  run_id bigint, step text, rule_name text, relation regclass, edge timestamptz, first_page bigint, pages bigint, skip_locked boolean
) returns bigint
language plpgsql
set search_path = ''
as $$
declare
  deleted bigint := private.delete_expired(rule_name, relation, edge, first_page, pages, skip_locked);
begin
  if deleted > 0 then
    update private.retention_runs r set rows_deleted = r.rows_deleted + deleted where r.id = delete_batch.run_id;
    update private.retention_steps s
    set detail = s.detail || jsonb_build_object('rows', coalesce((s.detail ->> 'rows')::bigint, 0) + deleted)
    where s.run_id = delete_batch.run_id and s.step = delete_batch.step;
  end if;
  return deleted;
end
$$;
revoke all on function private.delete_batch(bigint, text, text, regclass, timestamptz, bigint, bigint, boolean) from public;

-- Whether a table has expired rows that nobody's hold keeps.
create function private.has_expired(rule_name text, relation regclass, edge timestamptz) returns boolean
language plpgsql stable
set search_path = ''
as $$
declare
  found_one boolean;
begin
  execute (
    select format('select exists (select from only %s t where %s)', relation, private.expired_condition(r, relation))
    from private.retention_rules r where r.name = rule_name
  ) into found_one using edge;
  return found_one;
end
$$;
revoke all on function private.has_expired(text, regclass, timestamptz) from public;

-- How many pages a table has: where a pass over it ends.
create function private.count_pages(relation regclass) returns bigint
language sql stable
set search_path = ''
as $$
  select pg_catalog.pg_relation_size(relation) / current_setting('block_size')::bigint
$$;
revoke all on function private.count_pages(regclass) from public;

-- The audit log is append-only but for its end: rows past their period, and never younger than a year whatever the rule says.
create or replace function private.refuse_audit_change() returns trigger
language plpgsql
set search_path = ''
as $$
begin
  if tg_op = 'DELETE' and current_setting('journeys.retention', true) = 'audit-log' and exists (
    select from private.retention_rules r
    where r.name = 'audit-log' and old.at < now() - greatest(interval '1 year', r.keep) and r.keep is not null
  ) then
    return old;
  end if;
  raise exception 'private.audit_log is append-only: % refused', lower(tg_op) using errcode = '42501';
end
$$;
drop trigger audit_log_append_only on private.audit_log;
create trigger audit_log_append_only
before update or truncate on private.audit_log
for each statement execute function private.refuse_audit_change();
alter table private.audit_log enable always trigger audit_log_append_only;
create trigger audit_log_keeps_its_rows
before delete on private.audit_log
for each row execute function private.refuse_audit_change();
alter table private.audit_log enable always trigger audit_log_keeps_its_rows;
create index audit_log_at_idx on private.audit_log (at);

-- What retention deletes has been looked at as a whole, under a lock that no hold passes (private.delete_expired): asking about the
-- person of each row again would take ten times as long as the deletion itself.
drop trigger journal_entries_person on public.journal_entries;
create trigger journal_entries_person
before insert or update on public.journal_entries
for each row execute function private.guard_person('public.journal_entries');
create trigger journal_entries_person_kept
before delete on public.journal_entries
for each row
when (coalesce(current_setting('journeys.retention', true), '') = '' or current_user in ('anon', 'authenticated'))
execute function private.guard_person('public.journal_entries');
drop trigger performance_metrics_person on public.performance_metrics;
create trigger performance_metrics_person
before insert or update on public.performance_metrics
for each row execute function private.guard_person('public.performance_metrics');
create trigger performance_metrics_person_kept
before delete on public.performance_metrics
for each row
when (coalesce(current_setting('journeys.retention', true), '') = '' or current_user in ('anon', 'authenticated'))
execute function private.guard_person('public.performance_metrics');

-- Forgets what is past its period, under the name of the original document: what pg_cron calls where no command can run. It is one
-- transaction, in which DETACH CONCURRENTLY is impossible, so each call does a bounded piece and says whether anything is left:
--   1. rows, in batches, for ten seconds at most; rows that somebody has locked are left;
--   2. the months ahead, the months to retire and the retired ones to drop, one after the other, until 30 ms after the first lock
--      that somebody could wait for. Each gives up after 40 ms (lock_timeout) rather than queue everybody behind it, and is left.
-- Call it again until "complete" is true. "rows_deleted" counts the rows of retired months too.
-- Errors: 42501 the caller is no operator · 55P03 another run is under way.
create or replace function public.cleanup_old_data() returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '40ms'
as $$
declare
  started timestamptz := clock_timestamp();
  locked_since timestamptz;
  edge date := private.retention_edge();
  rows_deleted bigint := 0;
  created text[] := '{}';
  retired text[] := '{}';
  dropped text[] := '{}';
  -- What was not finished, and may be the next time.
  left_over text[] := '{}';
  by_rule jsonb := '{}';
  rule private.retention_rules;
  rule_edge timestamptz;
  relation regclass;
  page bigint;
  affected bigint;
  made text;
  month date;
  item record;
begin
  perform private.require_operator();
  if not pg_try_advisory_xact_lock(private.retention_lock()) then
    raise exception 'another run of retention is under way' using errcode = '55P03', hint = 'Call it again when that one has ended.';
  end if;

  for rule in select r.* from private.retention_rules r where r.keep is not null order by r.position, r.name loop
    rule_edge := private.rule_edge(rule);
    for relation in select private.tables_of_rule(rule, rule_edge) loop
      -- A whole month past the edge goes below, unless somebody's hold keeps it.
      continue when rule.method = 'months' and exists (
        select from private.journal_partitions() p where p.partition_id = relation and p.upper_bound <= edge
      ) and private.month_obstacle(relation) is distinct from 'held';
      page := 0;
      while page < private.count_pages(relation) and clock_timestamp() < started + interval '10 seconds' loop
        affected := private.delete_expired(rule.name, relation, rule_edge, page, 256, true);
        page := page + 256;
        rows_deleted := rows_deleted + affected;
        by_rule := by_rule || jsonb_build_object(rule.name, coalesce((by_rule ->> rule.name)::bigint, 0) + affected);
      end loop;
      -- Locked by somebody, or out of time.
      if private.has_expired(rule.name, relation, rule_edge) then
        left_over := left_over || rule.name;
      end if;
    end loop;
  end loop;

  locked_since := clock_timestamp();
  for month in select private.missing_months() loop
    begin
      made := private.make_month(month);
      created := created || made;
    exception when lock_not_available then
      left_over := left_over || to_char(month, 'YYYY-MM');
    end;
  end loop;
  for item in
    select p.partition_name as month_name, p.partition_id::regclass as relation, p.lower_bound, p.upper_bound, p.detach_pending
    from private.journal_partitions() p
    where p.upper_bound <= edge and not private.is_restored(p.partition_name)
    order by p.upper_bound
  loop
    continue when private.month_obstacle(item.relation) is not null;
    if clock_timestamp() > locked_since + interval '30 ms' then
      left_over := left_over || item.month_name::text;
      continue;
    end if;
    begin
      perform private.note_detaching(item.month_name, item.lower_bound, item.upper_bound);
      execute format(
        'alter table public.journal_entries detach partition %s %s', item.relation,
        case when item.detach_pending then 'finalize' else '' end
      );
      made := private.retire_month(item.month_name, item.relation);
      retired := retired || made;
      rows_deleted := rows_deleted + (
        select r.rows from private.retired_partitions r where r.name = made and r.state = 'retired'
      );
    exception when lock_not_available then
      left_over := left_over || item.month_name::text;
    end;
  end loop;
  for item in
    select r.name as month_name from private.retired_partitions r
    where r.state = 'dropping' or r.state = 'retired' and r.drop_after <= started
    order by r.upper_bound
  loop
    if clock_timestamp() > locked_since + interval '30 ms' then
      left_over := left_over || item.month_name::text;
      continue;
    end if;
    begin
      if private.unlink_month(item.month_name) then
        perform private.drop_month(item.month_name);
        dropped := dropped || item.month_name::text;
      end if;
    exception when lock_not_available then
      left_over := left_over || item.month_name::text;
    end;
  end loop;

  insert into private.retention_runs (started_at, finished_at, edge, rows_deleted, partitions_dropped, detail)
  values (started, clock_timestamp(), edge, rows_deleted, dropped, jsonb_build_object(
    'by', 'cleanup_old_data', 'rows', by_rule, 'retired', retired, 'created', created, 'left', left_over
  ));

  if rows_deleted > 0 or cardinality(dropped) > 0 then
    perform private.record_audit('retention.run', null, jsonb_build_object(
      'by', 'cleanup_old_data', 'rows', rows_deleted, 'months_dropped', cardinality(dropped)
    ));
  end if;

  return jsonb_build_object(
    'edge', edge,
    'rows_deleted', rows_deleted,
    'partitions_retired', to_jsonb(retired),
    'partitions_dropped', to_jsonb(dropped),
    'partitions_created', to_jsonb(created),
    'left', to_jsonb(left_over),
    'complete', cardinality(left_over) = 0
  );
end
$$;
