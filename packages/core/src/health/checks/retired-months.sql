-- $1 how many days after its grace period a month may still be there: until the next run, and somewhat longer.
with month as (
  select r.name, r.drop_after, r.rows, r.state,
    coalesce(private.month_obstacle(to_regclass(format('retired.%I', r.name))) is not null, false) as is_held
  from private.retired_partitions r
  where r.state in ('retired', 'dropping', 'detaching')
)
select
  case when is_held then 'ok' else 'warning' end as state,
  round(extract(epoch from now() - drop_after) / 86400, 1)::double precision as value,
  case
    when state = 'detaching' then format('%s was taken off the journal, and is not retired', name)
    when is_held then format('%s stays past its grace period: it holds rows of somebody protected', name)
    else format('the grace period of %s ended on %s', name, to_char(drop_after at time zone 'UTC', 'YYYY-MM-DD'))
  end as summary,
  case
    when state = 'detaching' then 'a run died in between, and the next one finishes it'
    when not is_held then 'it should have been dropped: no run has done so'
  end as why,
  null::text as remediation,
  jsonb_build_array(jsonb_build_object('month', name, 'drop after', drop_after, 'rows', rows, 'held', is_held)) as facts
from month
where drop_after < now() - make_interval(days => $1::integer)
  or state = 'detaching' and not exists (select from private.journal_partitions() p where p.partition_name = month.name)
order by drop_after
