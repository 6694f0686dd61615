-- $1 how old the last successful run may be, in days.
with run as (
  select
    max(finished_at) filter (where error is null) as succeeded,
    max(started_at) filter (where error is not null) as failed,
    (array_agg(error order by started_at desc) filter (where error is not null))[1] as error
  from private.retention_runs
), journal as (
  select exists (select from public.journal_entries where date < private.retention_edge()) as has_expired
)
select
  case
    when run.succeeded is null and run.failed is null and not journal.has_expired then 'ok'
    when run.succeeded is null or run.failed > run.succeeded then 'warning'
    when run.succeeded < now() - make_interval(days => $1::integer) then 'warning'
    else 'ok'
  end as state,
  round(extract(epoch from now() - run.succeeded) / 86400, 1)::double precision as value,
  case
    when run.failed > coalesce(run.succeeded, '-infinity') then format('the last run failed (%s)', day.failed)
    when run.succeeded is not null then format('last run %s', day.succeeded)
    when journal.has_expired then 'never ran'
    else 'never ran, and nothing is older than the retention edge'
  end as summary,
  case
    when run.failed > coalesce(run.succeeded, '-infinity') then run.error
    when journal.has_expired then 'entries older than two years are still there'
    else 'entries older than two years stay, and no month is made ahead'
  end as why,
  null::text as remediation,
  jsonb_build_array(jsonb_build_object(
    'last success', run.succeeded, 'last failure', run.failed, 'expired entries', journal.has_expired
  )) as facts
from run
cross join journal
cross join lateral (
  select
    to_char(run.succeeded at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"') as succeeded,
    to_char(run.failed at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"') as failed
) day
