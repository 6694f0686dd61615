-- What PostgREST serves without asking a policy. The exposed schemas are those that the authenticator role is set to, or public.
with exposed as (
  select distinct trim(name) as schema
  from (
    select coalesce(
      (
        select substring(setting from '^pgrst\.db_schemas=(.*)$')
        from pg_catalog.pg_db_role_setting s
        cross join lateral unnest(s.setconfig) setting
        where s.setrole = to_regrole('authenticator')
          and s.setdatabase in (0, (select oid from pg_catalog.pg_database where datname = current_database()))
          and setting like 'pgrst.db\_schemas=%'
        order by s.setdatabase desc
        limit 1
      ),
      'public'
    ) as list
  ) setting
  cross join lateral regexp_split_to_table(setting.list, ',') as name
), relation as (
  select
    c.oid,
    c.relkind,
    n.nspname as schema,
    c.relname as name,
    format('%I.%I', n.nspname, c.relname) as label,
    exists (
      select
      from pg_catalog.pg_roles r
      where r.rolname in ('anon', 'authenticated')
        and (has_table_privilege(r.oid, c.oid, 'select, insert, update, delete')
          or has_any_column_privilege(r.oid, c.oid, 'select, insert, update'))
    ) as granted,
    c.relrowsecurity,
    coalesce(c.reloptions @> array['security_invoker=true'] or c.reloptions @> array['security_invoker=on'], false) as invoker
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join exposed e on e.schema = n.nspname
  where c.relkind in ('r', 'p', 'v', 'm', 'f')
    -- What an extension brought belongs to the extension.
    and not exists (
      select from pg_catalog.pg_depend d
      where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e'
    )
)
select
  case when granted and relkind in ('r', 'p') then 'critical' else 'warning' end as state,
  null::double precision as value,
  case
    when relkind in ('v', 'm', 'f') then format('%s shows its rows without asking any policy', label)
    when granted then format('%s is served without row level security', label)
    else format('%s has row level security off; only missing grants close it', label)
  end as summary,
  case
    when relkind in ('r', 'p') and granted then 'everybody who has the public key reads or writes every row of it'
    when relkind in ('r', 'p') then 'the next grant on it opens every row to everybody'
    else 'it reads with the rights of its owner: everybody who has the public key sees every row that it shows'
  end as why,
  case relkind
    when 'v' then format('alter view %s set (security_invoker = on);', label)
    when 'm' then format('revoke all on %s from anon, authenticated;', label)
    when 'f' then format('revoke all on %s from anon, authenticated;', label)
    else format('alter table %s enable row level security;', label)
  end as remediation,
  jsonb_build_array(jsonb_build_object('schema', schema, 'name', name, 'open to the API', granted)) as facts
from relation
where (relkind in ('r', 'p') and not relrowsecurity)
  or (relkind = 'v' and granted and not invoker)
  or (relkind in ('m', 'f') and granted)
order by granted desc, label
