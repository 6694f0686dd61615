-- Tables that stay when these are held ($1: schema.table): they themselves, and what takes their rows along when it is deleted.
with recursive held as (
  select named.name collate "C" as name, to_regclass(quote_ident(split_part(named.name, '.', 1)) || '.' || quote_ident(
    substr(named.name, strpos(named.name, '.') + 1))) as id
  from unnest($1::text[]) as named (name)
  union
  select (n.nspname || '.' || c.relname) collate "C", c.oid::regclass
  from held
  join pg_catalog.pg_constraint k on k.conrelid = held.id and k.contype = 'f'
    -- Deleting the row that is referred to changes the one that refers to it, or is refused because of it.
    and k.confrelid <> k.conrelid
  join pg_catalog.pg_class c on c.oid = k.confrelid
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
)
select distinct name as "table" from held order by 1
