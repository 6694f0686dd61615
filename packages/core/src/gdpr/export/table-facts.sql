-- What an export has to know of a table besides its columns: in which order its rows can be read twice, and what somebody wrote
-- down about it.
select
  n.nspname || '.' || c.relname as "table",
  array(
    select a.attname::text
    from pg_catalog.pg_index i
    cross join lateral unnest(i.indkey) with ordinality as key (attnum, position)
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = key.attnum
    where i.indrelid = c.oid and i.indisprimary
    order by key.position
  ) as "primaryKey",
  obj_description(c.oid, 'pg_class') as comment
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname || '.' || c.relname = any ($1::text[])
