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
