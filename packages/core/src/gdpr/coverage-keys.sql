-- Rules of the tables that an erasure could break: unique keys (without a condition, on plain columns) and checks.
select
  'unique' as kind,
  n.nspname || '.' || c.relname as "table",
  i.relname::text as name,
  array(
    select a.attname::text
    from unnest(x.indkey::smallint[]) with ordinality as key (attnum, position)
    join pg_catalog.pg_attribute a on a.attrelid = x.indrelid and a.attnum = key.attnum
    where key.position <= x.indnkeyatts
    order by key.position
  ) as columns,
  null::text as expression
from pg_catalog.pg_index x
join pg_catalog.pg_class c on c.oid = x.indrelid
join pg_catalog.pg_class i on i.oid = x.indexrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where x.indisunique
  and x.indpred is null
  and x.indexprs is null
  and not c.relispartition
  and n.nspname || '.' || c.relname = any ($1::text[])
union all
select
  'check',
  n.nspname || '.' || c.relname,
  k.conname::text,
  array(
    select a.attname::text
    from unnest(k.conkey) with ordinality as key (attnum, position)
    join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = key.attnum
    order by key.position
  ),
  pg_catalog.pg_get_expr(k.conbin, k.conrelid)
from pg_catalog.pg_constraint k
join pg_catalog.pg_class c on c.oid = k.conrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where k.contype = 'c'
  -- A check of the whole row names no column.
  and coalesce(cardinality(k.conkey), 0) > 0
  and not 0 = any (k.conkey)
  and n.nspname || '.' || c.relname = any ($1::text[])
order by 2, 1 desc, 3
