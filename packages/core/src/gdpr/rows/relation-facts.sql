-- What is to be known of a table besides its columns, before its rows are read and treated.
select
  n.nspname || '.' || c.relname as "table",
  n.nspname::text as schema,
  c.relname::text as name,
  c.relkind = 'p' as "isPartitioned",
  -- An expression decides about partitions by columns that are not named here: then any of them may.
  array(
    select a.attname::text
    from pg_catalog.pg_attribute a
    join pg_catalog.pg_partitioned_table p on p.partrelid = c.oid
    where a.attrelid = c.oid and a.attnum > 0 and (a.attnum = any (p.partattrs::smallint[]) or p.partexprs is not null)
  ) as "partitionedBy",
  -- Row-level security that applies to the asking role would hide rows without a word.
  s.usable and has_table_privilege(c.oid, 'select') and not row_security_active(c.oid) as "mayRead",
  s.usable and has_table_privilege(c.oid, 'delete') as "mayDelete",
  -- Of a view: to refresh it one has to own it.
  s.usable and case
    when c.relkind = 'm' then pg_has_role(c.relowner, 'usage')
    else has_table_privilege(c.oid, 'update')
  end as "mayWrite"
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
cross join lateral (select has_schema_privilege(n.oid, 'usage') as usable) s
where c.relkind in ('r', 'p', 'm', 'f') and not c.relispartition and n.nspname || '.' || c.relname = any ($1::text[])
