-- Everything of this database that holds rows, with every column that can hold a text, an id or bytes: whatever its type, unless
-- that type can hold nothing but numbers, times, switches and shapes. An unknown type is searched as the text it prints.
with recursive columns as (
  select a.attrelid, a.attnum, a.attname, a.atttypid
  from pg_catalog.pg_attribute a
  where a.attnum > 0 and not a.attisdropped
), parts (column_type, type) as (
  select distinct atttypid, atttypid from columns
  union
  select p.column_type, inner_type.oid
  from parts p
  join pg_catalog.pg_type t on t.oid = p.type
  cross join lateral (
    select t.typbasetype as oid where t.typtype = 'd'
    union all
    select t.typelem where t.typcategory = 'A' and t.typelem <> 0
    union all
    select c.atttypid from columns c where t.typtype = 'c' and c.attrelid = t.typrelid
    union all
    select r.rngsubtype from pg_catalog.pg_range r where t.oid in (r.rngtypid, r.rngmultitypid)
  ) inner_type
), bases (column_type, type) as (
  -- Only what lies under domains: the type that operators see.
  select distinct atttypid, atttypid from columns
  union
  select b.column_type, t.typbasetype
  from bases b
  join pg_catalog.pg_type t on t.oid = b.type
  where t.typtype = 'd'
), types as (
  select
    p.column_type,
    (
      select t.typname::text from bases b join pg_catalog.pg_type t on t.oid = b.type
      where b.column_type = p.column_type and t.typtype <> 'd'
    ) as base,
    bool_or(t.typname = 'bytea') as has_bytes,
    bool_or(
      t.typtype = 'b' and t.typcategory <> 'A' and (
        t.typnamespace <> 'pg_catalog'::regnamespace
        or t.typname not in (
          'bool', 'int2', 'int4', 'int8', 'float4', 'float8', 'numeric', 'money', 'date', 'time', 'timetz', 'timestamp',
          'timestamptz', 'interval', 'inet', 'cidr', 'macaddr', 'macaddr8', 'bit', 'varbit', 'point', 'line', 'lseg', 'box',
          'path', 'polygon', 'circle', 'oid', 'tid', 'xid', 'xid8', 'cid', 'pg_lsn', 'txid_snapshot', 'pg_snapshot', 'char',
          'int2vector', 'oidvector', 'regclass', 'regcollation', 'regconfig', 'regdictionary', 'regnamespace', 'regoper',
          'regoperator', 'regproc', 'regprocedure', 'regrole', 'regtype'
        )
      )
    ) as has_text
  from parts p
  join pg_catalog.pg_type t on t.oid = p.type
  group by p.column_type
)
select
  c.oid::bigint as oid,
  n.nspname::text as schema,
  c.relname::text as name,
  c.relkind::text as kind,
  coalesce(pg_relation_filenode(c.oid), 0)::bigint as filenode,
  has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select') as readable,
  row_security_active(c.oid) as "hidesRows",
  coalesce(
    (
      select json_agg(
        json_build_object('name', a.attname, 'base', t.base, 'hasBytes', t.has_bytes) order by a.attnum
      )
      from columns a
      join types t on t.column_type = a.atttypid
      where a.attrelid = c.oid and (t.has_text or t.base in ('int8', 'numeric'))
    ),
    '[]'
  ) as columns
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'm', 'f')
  and c.relpersistence <> 't'
  and n.nspname not in ('pg_catalog', 'information_schema')
  and n.nspname !~ '^pg_(toast|temp_|toast_temp_)'
  -- Never filled: reading it is an error.
  and not (c.relkind = 'm' and not c.relispopulated)
order by n.nspname, c.relname
