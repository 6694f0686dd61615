/* journeys: counters of every table, before and after the load */
select
  s.relid::bigint as id,
  r.root::bigint as root,
  format('%s.%s', n.nspname, c.relname) as name,
  coalesce(s.seq_scan, 0) as sequential_scans,
  coalesce(s.seq_tup_read, 0) as sequential_rows,
  coalesce(s.idx_scan, 0) as index_scans,
  s.n_tup_ins as inserted,
  s.n_tup_upd as updated,
  s.n_tup_del as deleted,
  coalesce(io.heap_blks_hit, 0) + coalesce(io.idx_blks_hit, 0) + coalesce(io.toast_blks_hit, 0) + coalesce(io.tidx_blks_hit, 0)
    as pages_hit,
  coalesce(io.heap_blks_read, 0) + coalesce(io.idx_blks_read, 0) + coalesce(io.toast_blks_read, 0) + coalesce(io.tidx_blks_read, 0)
    as pages_missed
from pg_catalog.pg_stat_user_tables s
join pg_catalog.pg_statio_user_tables io on io.relid = s.relid
cross join lateral (select coalesce(pg_partition_root(s.relid)::oid, s.relid) as root) r
join pg_catalog.pg_class c on c.oid = r.root
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
