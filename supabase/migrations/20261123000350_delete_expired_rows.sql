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
