/* journeys: $1 a table; its columns that are compared in every request or on every delete elsewhere, and begin no index */
with used as (
  -- A foreign key's first column: a change of the row it points to looks for it.
  select k.conrelid as relation, k.conkey[1] as attribute, format('refers to %s', k.confrelid::regclass) as because, 2 as rank
  from pg_catalog.pg_constraint k
  where k.contype = 'f' and k.conrelid = $1::bigint::oid and k.conparentid = 0
  union all
  -- A policy's columns: each row that is read is asked for them.
  select d.refobjid, d.refobjsubid, format('is in the policy "%s"', p.polname), 1
  from pg_catalog.pg_policy p
  join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_policy'::regclass and d.objid = p.oid
  where p.polrelid = $1::bigint::oid
    and d.refclassid = 'pg_catalog.pg_class'::regclass
    and d.refobjid = p.polrelid
    and d.refobjsubid > 0
)
select a.attname::text as "column", (array_agg(u.because order by u.rank, u.because))[1] as because
from used u
join pg_catalog.pg_attribute a on a.attrelid = u.relation and a.attnum = u.attribute
where not exists (
  select from pg_catalog.pg_index i
  where i.indrelid = u.relation and i.indkey[0] = u.attribute and i.indisvalid and i.indpred is null
)
group by a.attname
order by min(u.rank), a.attname
