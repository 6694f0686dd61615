-- $1 warning, in percent; $2 the service level, in percent; $3 reads below which the rate means nothing.
with database as (
  select
    d.blks_hit as hit,
    d.blks_read as missed,
    d.blks_hit + d.blks_read as reads,
    d.blks_hit * 100.0 / nullif(d.blks_hit + d.blks_read, 0) as percent,
    -- Never reset means: since the server's statistics began.
    coalesce(d.stats_reset, pg_postmaster_start_time()) as since
  from pg_catalog.pg_stat_database d
  where d.datname = current_database()
)
select
  case when reads >= $3::bigint and percent < $1::double precision then 'warning' else 'ok' end as state,
  case when reads >= $3::bigint then round(percent, 2)::double precision end as value,
  case
    when reads < $3::bigint then format('too few reads to judge (%s since %s)', reads, since.text)
    else format('%s %% of %s reads since %s', round(percent, 1), reads, since.text)
      || case when percent < $2::double precision then format(', under the service level of %s %%', $2::double precision) else '' end
  end as summary,
  'the rest was read from disk: the pages in use do not fit into memory, or a query reads more than it needs' as why,
  'look for the queries that read most: select calls, shared_blks_read, query from extensions.pg_stat_statements order by shared_blks_read desc limit 5;' as remediation,
  jsonb_build_array(jsonb_build_object('hit', hit, 'read from disk', missed, 'since', since)) as facts
from database
cross join lateral (select to_char(database.since at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"') as text) since
