-- Every month from the retention edge to three ahead needs a partition: an entry dated in a missing one is refused.
with month as (
  select
    series.month::date as first,
    (series.month + interval '1 month')::date as next,
    series.month = date_trunc('month', current_date::timestamp) as is_current,
    series.month > date_trunc('month', current_date::timestamp) as is_ahead
  from generate_series(
    date_trunc('month', private.retention_edge()::timestamp),
    date_trunc('month', current_date::timestamp) + interval '3 months',
    interval '1 month'
  ) as series (month)
), partition as materialized (
  select lower_bound, upper_bound from private.journal_partitions()
)
select
  case when is_current then 'critical' else 'warning' end as state,
  null::double precision as value,
  format('journal_entries has no partition for %s', to_char(first, 'YYYY-MM')) as summary,
  case
    when is_current then 'every entry written today is refused'
    when is_ahead then 'from that month on every new entry will be refused'
    else 'an entry dated in that month is refused'
  end as why,
  'select private.ensure_partitions();' as remediation,
  jsonb_build_array(jsonb_build_object('month', to_char(first, 'YYYY-MM'), 'from', first, 'to', next)) as facts
from month
where not exists (
  select from partition p
  -- A bound that is null is open (MINVALUE, MAXVALUE).
  where coalesce(p.lower_bound, '-infinity') <= month.first and coalesce(p.upper_bound, 'infinity') >= month.next
)
order by is_current desc, first
