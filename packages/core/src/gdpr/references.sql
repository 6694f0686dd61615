-- Every column that a foreign key ties to auth.users, and what the database does with its row when the user goes.
-- A partition repeats its parent's key (conparentid); only the parent counts.
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
order by n.nspname, c.relname, a.attname
