-- Every column that a foreign key ties to auth.users, and what the database does with its row when the user goes.
-- A partition repeats its parent's key (conparentid); only the parent counts. Then every user_id without such a key:
-- nothing happens to its row by itself.
select
  n.nspname as schema,
  c.relname as name,
  a.attname as column,
  case k.confdeltype
    when 'c' then 'delete'
    when 'n' then 'unlink'
    when 'd' then 'unlink'
    else 'refuse'
  end as on_delete
from pg_catalog.pg_constraint k
join pg_catalog.pg_class c on c.oid = k.conrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = any (k.conkey)
where k.contype = 'f'
  and k.confrelid = 'auth.users'::regclass
  and k.conparentid = 0
union all
select n.nspname, c.relname, a.attname, 'nothing'
from pg_catalog.pg_attribute a
join pg_catalog.pg_class c on c.oid = a.attrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where a.attname = 'user_id'
  and a.atttypid in ('uuid'::regtype, 'text'::regtype, 'varchar'::regtype)
  and not a.attisdropped
  and c.relkind in ('r', 'p')
  and not c.relispartition
  and n.nspname not in ('information_schema', 'pg_catalog')
  -- Auth clears its own tables.
  and n.nspname <> 'auth'
  and not exists (
    select from pg_catalog.pg_constraint k
    where k.conrelid = c.oid and k.contype = 'f' and k.confrelid = 'auth.users'::regclass and a.attnum = any (k.conkey)
  )
order by 1, 2, 3
