-- $1 warning, $2 critical, in percent of the connections that are open to applications.
with client as (
  select
    coalesce(nullif(a.application_name, ''), '(no name)') as application,
    a.usename as role,
    a.state
  from pg_catalog.pg_stat_activity a
  where a.backend_type = 'client backend'
    -- Not this look itself.
    and a.application_name <> current_setting('application_name')
), allowed as (
  select current_setting('max_connections')::integer
    - current_setting('superuser_reserved_connections')::integer
    -- Since Postgres 16.
    - coalesce(current_setting('reserved_connections', true)::integer, 0) as connections
), application as (
  select
    application,
    count(*) as connections,
    count(*) filter (where state = 'idle') as idle,
    count(*) filter (where state = 'active') as active
  from client
  group by application
), used as (
  select count(*) as connections, count(*) * 100.0 / (select connections from allowed) as percent from client
), idlest as (
  select application, idle from application where idle > 0 order by idle desc, application limit 1
)
select
  case
    when used.percent >= $2::double precision then 'critical'
    when used.percent >= $1::double precision then 'warning'
    else 'ok'
  end as state,
  round(used.percent, 1)::double precision as value,
  format('%s of %s in use (%s %%)', used.connections, allowed.connections, round(used.percent)) as summary,
  format('at %s new connections are refused', allowed.connections)
    || coalesce(format('; %s are idle from "%s"', idlest.idle, idlest.application), '') as why,
  coalesce(
    format(
      $$select pg_terminate_backend(pid) from pg_stat_activity where application_name = %L and state = 'idle' and state_change < now() - interval '5 minutes';$$,
      nullif(idlest.application, '(no name)')
    ),
    'find out below who opens so many, and give that application a smaller pool'
  ) as remediation,
  (
    select coalesce(jsonb_agg(to_jsonb(a) order by a.connections desc), '[]') from application a
  ) as facts
from used
cross join allowed
left join idlest on true
