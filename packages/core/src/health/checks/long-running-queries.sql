-- $1 warning, in seconds.
select
  'warning' as state,
  round(extract(epoch from running.for), 1)::double precision as value,
  format('pid %s (%s) has been running for %s', a.pid, who.name, date_trunc('second', running.for)) as summary,
  'it holds its locks and keeps vacuum from cleaning up after everyone else' as why,
  format('select pg_cancel_backend(%s);', a.pid) as remediation,
  jsonb_build_array(jsonb_build_object(
    'pid', a.pid,
    'role', a.usename,
    'application', a.application_name,
    'seconds', round(extract(epoch from running.for)),
    'waits for', coalesce(a.wait_event_type || ': ' || a.wait_event, 'nothing'),
    -- Literals may be somebody's journal.
    'query', left(regexp_replace(a.query, '''[^'']*''', '''…''', 'g'), 200)
  )) as facts
from pg_catalog.pg_stat_activity a
cross join lateral (select clock_timestamp() - a.query_start as for) running
cross join lateral (select coalesce(nullif(a.application_name, ''), a.usename::text, '?') as name) who
where a.datname = current_database()
  and a.backend_type = 'client backend'
  and a.state = 'active'
  and a.pid <> pg_backend_pid()
  and running.for >= make_interval(secs => $1::double precision)
order by running.for desc
