-- Every column of every table that may hold data of the app, auth and storage included: not those of Postgres itself, of an
-- extension, or of a session. A partition is its parent, and a plain view holds nothing. A materialized view holds a copy.
-- Under a domain lies another type, perhaps another domain: the last one is the base. An array stands for what is in it.
with recursive under as (
  select t.oid as type_id, t.oid as base_id, array[]::name[] as domains, false as not_null
  from pg_catalog.pg_type t
  union all
  select
    u.type_id,
    case when t.typtype = 'd' then t.typbasetype else t.typelem end,
    case when t.typtype = 'd' then u.domains || t.typname else u.domains end,
    u.not_null or (t.typtype = 'd' and t.typnotnull)
  from under u
  join pg_catalog.pg_type t on t.oid = u.base_id
  where t.typtype = 'd' or (t.typcategory = 'A' and t.typelem <> 0)
), resolved as (
  select distinct on (u.type_id) u.type_id, t.typname::text as base, u.domains::text[] as domains, u.not_null
  from under u
  join pg_catalog.pg_type t on t.oid = u.base_id
  where t.typtype <> 'd' and not (t.typcategory = 'A' and t.typelem <> 0)
  order by u.type_id
)
select
  n.nspname || '.' || c.relname as "table",
  case c.relkind when 'm' then 'materialized view' when 'f' then 'foreign table' else 'table' end as kind,
  a.attname::text as name,
  format_type(a.atttypid, a.atttypmod) as type,
  resolved.base,
  resolved.domains,
  t.typcategory = 'A' as "isArray",
  a.attnotnull or resolved.not_null as "notNull",
  a.attgenerated <> '' as generated,
  a.attidentity = 'a' as "alwaysIdentity",
  -- A cast cuts a text that is too long; an assignment refuses it.
  case
    when t.typname in ('varchar', 'bpchar') and a.atttypmod > 4 then a.atttypmod - 4
    when t.typtype = 'd' and resolved.base in ('varchar', 'bpchar') and t.typtypmod > 4 then t.typtypmod - 4
  end as "maxLength"
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
join pg_catalog.pg_type t on t.oid = a.atttypid
join resolved on resolved.type_id = a.atttypid
where c.relkind in ('r', 'p', 'm', 'f')
  and not c.relispartition
  and c.relpersistence <> 't'
  and n.nspname <> 'information_schema'
  and n.nspname !~ '^pg_'
  and not exists (
    select from pg_catalog.pg_depend d
    where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
  )
order by n.nspname, c.relname, a.attnum
