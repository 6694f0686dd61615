-- $1 warning, in percent of what the sequence, or the column that it fills, can hold.
with visible as (
  select
    c.oid,
    format('%I.%I', n.nspname, c.relname) as label,
    -- The planner may ask this before it has thrown out what is no sequence.
    case when c.relkind = 'S' then has_sequence_privilege(c.oid, 'select') end as readable
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'S'
), sequence as (
  select
    v.label,
    case when v.readable then pg_sequence_last_value(v.oid) end as last,
    least(
      s.seqmax,
      case filled.atttypid when 'int2'::regtype then 32767 when 'int4'::regtype then 2147483647 else s.seqmax end
    ) as most,
    format('%s.%I', filled.attrelid::regclass, filled.attname) as fills
  from visible v
  join pg_catalog.pg_sequence s on s.seqrelid = v.oid
  left join pg_catalog.pg_depend d
    on d.classid = 'pg_catalog.pg_class'::regclass and d.objid = v.oid and d.deptype in ('a', 'i')
      and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjsubid > 0
  left join pg_catalog.pg_attribute filled on filled.attrelid = d.refobjid and filled.attnum = d.refobjsubid
  where s.seqincrement > 0 and not s.seqcycle
), used as (
  select *, last * 100.0 / most as percent from sequence
)
select
  'warning' as state,
  round(percent, 1)::double precision as value,
  format('%s has used %s %% of its numbers', label, round(percent, 1)) as summary,
  format('after %s the next insert into %s fails', most, coalesce(fills, 'its table')) as why,
  format('make the column and the sequence a bigint in a migration: alter sequence %s as bigint;', label) as remediation,
  jsonb_build_array(jsonb_build_object('sequence', label, 'last', last, 'most', most, 'fills', fills)) as facts
from used
where percent >= $1::double precision
union all
select
  'ok', null, format('none is near its end; %s could not be read by this role', count(*)), null, null,
  jsonb_agg(jsonb_build_object('sequence', label, 'readable', false) order by label)
from visible
where not readable
having count(*) > 0
order by 1 desc, 2 desc nulls last
