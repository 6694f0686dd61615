-- $1 warning, $2 critical, in percent of the 2^31 transaction ids (or multixact ids) that may pass before the oldest row is frozen.
with database as (
  select datname, greatest(age(datfrozenxid), mxid_age(datminmxid)) * 100.0 / 2147483648 as percent
  from pg_catalog.pg_database
)
select
  case
    when percent >= $2::double precision then 'critical'
    when percent >= $1::double precision then 'warning'
    else 'ok'
  end as state,
  round(percent, 2)::double precision as value,
  format('%s %% of the transaction ids are used up in database %s', round(percent, 1), datname) as summary,
  'at 100 % the server refuses every write until it has been vacuumed' as why,
  format('connect to database %s and type: vacuum (freeze, verbose);', datname) as remediation,
  jsonb_build_array(jsonb_build_object('database', datname, 'percent', round(percent, 2))) as facts
from database
order by percent desc
limit 1
