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
