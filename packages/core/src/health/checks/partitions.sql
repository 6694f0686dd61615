-- $1 months ahead. Every month from the retention edge on needs a partition: an entry dated in a missing one is refused. And one that is
-- half detached is a month that nobody sees.
with missing as (
  select
    month as first,
    (month + interval '1 month')::date as next,
    month = date_trunc('month', now() at time zone 'UTC')::date as is_current,
    month > (now() at time zone 'UTC')::date as is_ahead
  from private.missing_months($1::integer) month
), pending as (
  select p.partition_name, p.lower_bound, p.upper_bound, p.upper_bound <= private.retention_edge() as is_expired
  from private.journal_partitions() p
  where p.detach_pending
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
from missing
union all
select
  case when is_expired then 'warning' else 'critical' end,
  null,
  format('%s is half detached', partition_name),
  case
    when is_expired then 'it has expired; a run died in between, and the next one finishes it'
    else 'it has not expired, and its entries are seen by nobody'
  end,
  case
    when is_expired then null
    else format(
      'alter table public.journal_entries detach partition partitions.%1$I finalize; alter table public.journal_entries attach partition partitions.%1$I for values from (%2$L) to (%3$L);',
      partition_name, lower_bound, upper_bound
    )
  end,
  jsonb_build_array(jsonb_build_object('partition', partition_name, 'from', lower_bound, 'to', upper_bound))
from pending
order by 1, 3
