/* journeys: $1 a table; indexes on it that a migration made, that no later one dropped, and that are not there */
with statement as (
  select m.version, s.position, s.text
  from supabase_migrations.schema_migrations m
  cross join lateral unnest(m.statements) with ordinality s (text, position)
), made as (
  select s.version, s.position, part[1] as name, part[2] as table_name, part[3] as rest
  from statement s
  cross join lateral regexp_matches(
    s.text,
    '\mcreate\s+(?:unique\s+)?index\s+(?:concurrently\s+)?(?:if\s+not\s+exists\s+)?"?([\w$]+)"?\s+on\s+(?:only\s+)?([\w$."]+)\s*((?:using\s+\w+\s*)?\([^;]*)',
    'gi'
  ) part
)
select
  m.version,
  m.name,
  left(format('create index %s on %s %s', m.name, m.table_name, btrim(regexp_replace(m.rest, '\s+', ' ', 'g'))), 300) as statement
from made m
join pg_catalog.pg_class t on t.oid = to_regclass(m.table_name) and t.oid = $1::bigint::oid
where not exists (
    select from pg_catalog.pg_class i
    where i.relname = m.name and i.relnamespace = t.relnamespace and i.relkind in ('i', 'I')
  )
  and not exists (
    select from statement s
    where (s.version, s.position) > (m.version, m.position) and s.text ~* ('\mdrop\s+index\M[^;]*\m' || m.name || '\M')
  )
order by m.version, m.position
limit 5
