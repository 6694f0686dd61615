-- How tables lead to one another: what has a row here because of a row there.
--   foreign key  "columns" here hold the key there; a partition's own key counts for its parent, a key that partitions repeat once
--   view         what a view, materialized or not, is made of: it shows, or copies, what is there
--   inherits     a child of a table that is not its partition
with whole as (
  select
    c.oid,
    coalesce(pg_catalog.pg_partition_root(c.oid)::oid, c.oid) as root
  from pg_catalog.pg_class c
  where c.relkind in ('r', 'p', 'v', 'm', 'f')
), label as (
  select c.oid, n.nspname || '.' || c.relname as name
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
)
select distinct
  'foreign key' as kind,
  child.name as "from",
  parent.name as "to",
  k.conname::text as constraint,
  array(
    select a.attname::text
    from unnest(k.conkey) with ordinality as key (attnum, position)
    join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = key.attnum
    order by key.position
  ) as columns,
  array(
    select a.attname::text
    from unnest(k.confkey) with ordinality as key (attnum, position)
    join pg_catalog.pg_attribute a on a.attrelid = k.confrelid and a.attnum = key.attnum
    order by key.position
  ) as "toColumns",
  case k.confdeltype
    when 'c' then 'delete'
    when 'n' then 'unlink'
    when 'd' then 'unlink'
    else 'refuse'
  end as "onDelete"
from pg_catalog.pg_constraint k
join whole here on here.oid = k.conrelid
join whole there on there.oid = k.confrelid
join label child on child.oid = here.root
join label parent on parent.oid = there.root
where k.contype = 'f' and k.conparentid = 0
union all
select distinct 'view', child.name, parent.name, null, array[]::text[], array[]::text[], null
from pg_catalog.pg_rewrite r
join pg_catalog.pg_depend d
  on d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_catalog.pg_class'::regclass
join whole there on there.oid = d.refobjid
join label child on child.oid = r.ev_class
join label parent on parent.oid = there.root
where d.refobjid <> r.ev_class
union all
select 'inherits', child.name, parent.name, null, array[]::text[], array[]::text[], null
from pg_catalog.pg_inherits i
join pg_catalog.pg_class c on c.oid = i.inhrelid and not c.relispartition and c.relkind in ('r', 'f')
join label child on child.oid = i.inhrelid
join label parent on parent.oid = i.inhparent
order by 2, 3, 4
