/* journeys: counters of every statement of this database; the schema of pg_stat_statements is in the search path */
select
  s.queryid::text as id,
  r.rolname::text as role,
  s.toplevel as top,
  sum(s.calls)::double precision as calls,
  sum(s.total_exec_time) as ms,
  sum(s.rows)::double precision as rows,
  sum(s.shared_blks_hit + s.shared_blks_read)::double precision as pages,
  -- The load test's own.
  bool_or(s.query like '%/* journeys%' or s.query like '%pg_try_advisory_lock(hashtextextended(%'
    or (s.query in ('begin isolation level repeatable read read only', 'commit') and r.rolname = current_user)) as own
from pg_stat_statements(true) s
left join pg_catalog.pg_roles r on r.oid = s.userid
where s.dbid = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())
  -- Null when this role may not see it.
  and s.queryid is not null
group by 1, 2, 3
