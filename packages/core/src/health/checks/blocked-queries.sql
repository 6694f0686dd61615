-- $1 warning, $2 critical, in seconds of waiting for a lock that another session holds.
with recursive waiting as (
  select
    a.pid,
    a.usename as role,
    a.application_name as application,
    a.query,
    pg_blocking_pids(a.pid) as blockers,
    clock_timestamp() - coalesce(
      (select min(l.waitstart) from pg_catalog.pg_locks l where l.pid = a.pid and not l.granted),
      a.query_start
    ) as waited
  from pg_catalog.pg_stat_activity a
  where a.datname = current_database()
    and a.wait_event_type = 'Lock'
    and a.pid <> pg_backend_pid()
), chain (pid, blocker, path) as (
  select w.pid, b.blocker, array[w.pid, b.blocker]
  from waiting w
  cross join lateral unnest(w.blockers) b (blocker)
  union all
  -- Who blocks may itself be waiting: the one at the end of the chain is to be ended.
  select c.pid, b.blocker, c.path || b.blocker
  from chain c
  join waiting w on w.pid = c.blocker
  cross join lateral unnest(w.blockers) b (blocker)
  where b.blocker <> all (c.path)
), root as (
  select c.pid, min(c.blocker) as blocker
  from chain c
  where c.blocker not in (select w.pid from waiting w)
  group by c.pid
)
select
  case
    when w.waited >= make_interval(secs => $2::double precision) then 'critical'
    when w.waited >= make_interval(secs => $1::double precision) then 'warning'
    else 'ok'
  end as state,
  round(extract(epoch from w.waited), 1)::double precision as value,
  format('pid %s has waited %s for pid %s (%s)', w.pid, date_trunc('second', w.waited), r.blocker,
    coalesce(nullif(b.application_name, ''), b.usename::text, '?')) as summary,
  case
    when b.state like 'idle in transaction%' then
      format('pid %s left its transaction open %s ago and holds the lock until it ends', r.blocker,
        date_trunc('second', clock_timestamp() - b.state_change))
    else format('pid %s holds the lock until its transaction ends; it has run for %s', r.blocker,
      coalesce(date_trunc('second', clock_timestamp() - b.xact_start)::text, 'an unknown time'))
  end as why,
  format('select pg_terminate_backend(%s);', r.blocker) as remediation,
  jsonb_build_array(jsonb_build_object(
    'pid', w.pid,
    'role', w.role,
    'application', w.application,
    'seconds', round(extract(epoch from w.waited)),
    'blocked by', array_to_string(w.blockers, ', '),
    'blocker role', b.usename,
    'blocker application', b.application_name,
    'blocker state', b.state,
    'query', left(regexp_replace(w.query, '''[^'']*''', '''…''', 'g'), 200),
    'blocker query', left(regexp_replace(b.query, '''[^'']*''', '''…''', 'g'), 200)
  )) as facts
from waiting w
left join root r on r.pid = w.pid
left join pg_catalog.pg_stat_activity b on b.pid = r.blocker
order by w.waited desc
