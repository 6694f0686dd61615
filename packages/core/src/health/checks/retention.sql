-- $1 how old the last successful run may be, in days. One of the two that are under way or died: the lock of retention tells them apart.
with run as (
  select
    (select max(r.finished_at) from private.retention_runs r where r.state = 'done') as succeeded,
    newest.*
  from (select true) one
  left join lateral (
    select r.id, r.state, r.started_at, r.error,
      (select s.step from private.retention_steps s where s.run_id = r.id and s.state = 'running' order by s.started_at desc limit 1) as step
    from private.retention_runs r
    order by r.id desc
    limit 1
  ) newest on true
), facts as (
  select run.*,
    exists (select from public.journal_entries where date < private.retention_edge() and not exists (
      select from private.retired_partitions k
      where k.state = 'restored' and k.keep_until > now() and date >= k.lower_bound and date < k.upper_bound
    )) as has_expired,
    exists (
      select from pg_catalog.pg_locks l
      where l.locktype = 'advisory' and l.granted and l.objsubid = 1
        and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())
        and (l.classid::bigint << 32 | l.objid::bigint) = private.retention_lock()
    ) as is_running,
    to_char(run.succeeded at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"') as succeeded_day,
    to_char(run.started_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"') as started_day
  from run
), judged as (
  select facts.*,
    case
      when state in ('running', 'interrupted') and not is_running then 'interrupted'
      when state = 'running' and started_at < now() - interval '1 day' then 'long'
      when state = 'failed' then 'failed'
      when succeeded is null and not has_expired then 'never, nothing'
      when succeeded is null then 'never'
      when succeeded < now() - make_interval(days => $1::integer) then 'old'
      else 'fine'
    end as verdict
  from facts
)
select
  case when verdict in ('fine', 'never, nothing') then 'ok' else 'warning' end as state,
  round(extract(epoch from now() - succeeded) / 86400, 1)::double precision as value,
  case verdict
    when 'interrupted' then format('the last run (%s) was interrupted at "%s"', started_day, coalesce(step, 'open'))
    when 'long' then format('a run is under way since %s', started_day)
    when 'failed' then format('the last run failed (%s)', started_day)
    when 'never' then 'never ran'
    when 'never, nothing' then 'never ran, and nothing is older than the retention edge'
    else format('last run %s', succeeded_day)
  end as summary,
  case verdict
    when 'interrupted' then 'what has expired is not gone; the next run finishes it first'
    when 'long' then 'it is stuck, or the database is under pressure'
    when 'failed' then error
    else case
      when has_expired then 'entries past the retention edge are still there'
      else 'what expires stays, and no month is made ahead'
    end
  end as why,
  null::text as remediation,
  jsonb_build_array(jsonb_build_object(
    'last success', succeeded, 'newest run', id, 'its state', state, 'its step', step, 'expired entries', has_expired
  )) as facts
from judged
