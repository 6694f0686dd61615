-- A slot that nobody reads from keeps the write-ahead log until the disk is full.
select
  case when s.wal_status in ('unreserved', 'lost') then 'critical' else 'warning' end as state,
  kept.bytes::double precision as value,
  format('replication slot %s is inactive and keeps %s of write-ahead log', s.slot_name,
    coalesce(pg_size_pretty(kept.bytes), 'an unknown amount')) as summary,
  'the log grows until the disk is full, and then the database stops' as why,
  format('start its reader again, or: select pg_drop_replication_slot(%L);', s.slot_name) as remediation,
  jsonb_build_array(jsonb_build_object(
    'slot', s.slot_name, 'type', s.slot_type, 'plugin', s.plugin, 'wal status', s.wal_status, 'bytes', kept.bytes
  )) as facts
from pg_catalog.pg_replication_slots s
cross join lateral (
  select pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end, s.restart_lsn) as bytes
) kept
where not s.active
order by kept.bytes desc nulls last
