/* journeys: a look at the server, once a second */
with session as materialized (
  select
    a.pid,
    coalesce(nullif(a.application_name, ''), '(no name)') as application,
    coalesce(a.usename, '?') as role,
    a.datname = current_database() as here,
    a.state <> 'idle' as busy,
    a.state like 'idle in transaction%' as open,
    -- A listener takes a connection, but serves no request.
    a.state = 'idle' and a.query ilike 'listen %' as listens,
    a.wait_event_type as wait_type,
    a.wait_event as wait_event,
    a.query_id::text as statement,
    extract(epoch from clock_timestamp() - a.state_change) as state_seconds,
    extract(epoch from clock_timestamp() - a.xact_start) as transaction_seconds,
    a.query
  from pg_catalog.pg_stat_activity a
  where a.backend_type = 'client backend'
    and a.pid <> pg_backend_pid()
    -- The load test's own: this look, and the session that holds its lock.
    and a.application_name not like 'journeys loadtest%'
), waiting as materialized (
  select s.*, pg_blocking_pids(s.pid) as blockers from session s where s.here and s.wait_type = 'Lock'
), blocker as (
  -- Who blocks may itself be waiting; the one at the end of the chain is the cause.
  select distinct unnest(w.blockers) as pid from waiting w
), told as (
  select w.pid, 'waits' as why from waiting w
  union
  select b.pid, 'blocks' from blocker b where b.pid not in (select w.pid from waiting w)
  union
  select s.pid, 'sleeps' from session s where s.here and s.wait_event = 'PgSleep'
  union
  select s.pid, 'open' from session s where s.here and s.open and s.state_seconds > 1
)
select
  extract(epoch from pg_postmaster_start_time())::double precision as started,
  -- A crash makes all counters begin anew, and this moment tells of it.
  (select extract(epoch from w.stats_reset)::double precision from pg_catalog.pg_stat_wal w) as reset,
  d.xact_commit as committed,
  d.xact_rollback as rolled_back,
  d.deadlocks,
  d.temp_bytes,
  -- Milliseconds, of all sessions; each adds its own once a second and when it has nothing to do.
  d.active_time + d.idle_in_transaction_time as busy_ms,
  case when not pg_is_in_recovery() then pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::double precision end as wal_bytes,
  (
    select coalesce(jsonb_agg(g), '[]')
    from (
      select s.application, s.role, s.here, s.busy, s.listens, s.wait_type, s.wait_event, s.statement, count(*) as sessions
      from session s
      group by 1, 2, 3, 4, 5, 6, 7, 8
    ) g
  ) as sessions,
  (
    select coalesce(jsonb_agg(t), '[]')
    from (
      select
        s.pid, told.why, s.application, s.role, s.open, s.statement,
        round(s.state_seconds::numeric, 1) as state_seconds,
        round(s.transaction_seconds::numeric, 1) as transaction_seconds,
        -- Values stand in a text that came without parameters, and may be somebody's.
        left(regexp_replace(s.query, '''[^'']*''', '''…''', 'g'), 300) as query,
        (select w.blockers from waiting w where w.pid = s.pid) as blockers
      from told
      join session s on s.pid = told.pid
      order by told.why, s.transaction_seconds desc nulls last
      limit 40
    ) t
  ) as told
from pg_catalog.pg_stat_database d
where d.datname = current_database()
