/* journeys: functions of the project that call pg_sleep */
select format('%s.%s', n.nspname, p.proname) as name
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where p.prosrc ~* '\mpg_sleep(_for|_until)?\M'
  and n.nspname not in ('pg_catalog', 'information_schema')
  and not exists (
    select from pg_catalog.pg_depend d
    where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
  )
order by 1
limit 20
