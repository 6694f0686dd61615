-- $1 how old one may be, in seconds; $2 how many there may be.
with idle as (
  select
    a.pid, a.usename, a.application_name, a.query, a.state_change,
    clock_timestamp() - a.state_change as for,
    count(*) over () as all
  from pg_catalog.pg_stat_activity a
  where a.datname = current_database()
    and a.backend_type = 'client backend'
    and a.state like 'idle in transaction%'
)
select
  'warning' as state,
  round(extract(epoch from idle.for), 1)::double precision as value,
  format('pid %s (%s) left its transaction open %s ago', idle.pid,
    coalesce(nullif(idle.application_name, ''), idle.usename::text, '?'), date_trunc('second', idle.for))
    || case when idle.all > $2::bigint then format('; %s sessions do', idle.all) else '' end as summary,
  'it holds its locks and keeps vacuum from cleaning up' as why,
  format('select pg_terminate_backend(%s);', idle.pid) as remediation,
  jsonb_build_array(jsonb_build_object(
    'pid', idle.pid,
    'role', idle.usename,
    'application', idle.application_name,
    'seconds', round(extract(epoch from idle.for)),
    'last query', left(regexp_replace(idle.query, '''[^'']*''', '''…''', 'g'), 200)
  )) as facts
from idle
where idle.for >= make_interval(secs => $1::double precision) or idle.all > $2::bigint
order by idle.for desc
limit 100
