create table private.retention_runs (
  id bigint generated always as identity primary key,
  started_at timestamptz not null,
  finished_at timestamptz,
  edge date not null,
  rows_deleted bigint not null default 0,
  partitions_dropped text[] not null default '{}',
  error text
);
comment on table private.retention_runs is
  'Every run of cleanup_old_data. A run that fails rolls its own row back: whoever calls it records the error.';
alter table private.retention_runs enable row level security;
create index retention_runs_started_at_idx on private.retention_runs (started_at desc);

-- Forgets what is older than two years, under the name of the original document. A month wholly past the edge is
-- dropped, the older days of the month at the edge are deleted, and the months ahead are made. A partition is
-- judged by its real bounds, never by its name. rows_deleted counts the rows of dropped months too.
-- Dropping a partition locks the whole journal for a moment: with lock_timeout it gives up (55P03, safe to retry)
-- rather than queue everybody behind it. It is set on the function, so it does not outlive the call.
-- Errors: 42501 the caller is no operator · 55P03 somebody holds the journal, try again.
create function public.cleanup_old_data() returns jsonb
language plpgsql
security definer
set search_path = ''
set lock_timeout = '3s'
as $$
declare
  started timestamptz := clock_timestamp();
  edge date := private.retention_edge();
  rows_deleted bigint := 0;
  dropped text[] := '{}';
  created text[];
  affected bigint;
  old record;
begin
  perform private.require_operator();
  -- Two runs at once would drop the same months. lock_timeout holds for this lock too.
  perform pg_advisory_xact_lock(hashtextextended('public.cleanup_old_data', 0));

  -- First, because a new month locks auth.users and then the journal, as the deletion of a person does.
  select coalesce(array_agg(made.name order by made.name), '{}') into created
  from private.ensure_partitions() as made (name);

  for old in
    select p.partition_name, n.nspname, p.upper_bound
    from private.journal_partitions() p
    join pg_catalog.pg_class c on c.oid = p.partition_id
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where p.upper_bound <= edge
    order by p.upper_bound
  loop
    execute format('select count(*) from %I.%I', old.nspname, old.partition_name) into affected;
    execute format('drop table %I.%I', old.nspname, old.partition_name);
    rows_deleted := rows_deleted + affected;
    dropped := dropped || old.partition_name;
  end loop;

  delete from public.journal_entries j where j.date < edge;
  get diagnostics affected = row_count;
  rows_deleted := rows_deleted + affected;

  -- Counts of windows long over: people who stopped writing. One who writes at this moment is left for the next run.
  delete from private.rate_limits r
  where r.user_id in (
    select l.user_id from private.rate_limits l where l.window_start < now() - interval '1 day' for update skip locked
  );

  insert into private.retention_runs (started_at, finished_at, edge, rows_deleted, partitions_dropped)
  values (started, clock_timestamp(), edge, rows_deleted, dropped);

  return jsonb_build_object(
    'edge', edge,
    'rows_deleted', rows_deleted,
    'partitions_dropped', to_jsonb(dropped),
    'partitions_created', to_jsonb(created)
  );
end
$$;
revoke all on function public.cleanup_old_data() from public, anon, authenticated, service_role;
grant execute on function public.cleanup_old_data() to service_role;

-- The first run, on an empty journal: "never ran" then always means that something is wrong.
select public.cleanup_old_data();
