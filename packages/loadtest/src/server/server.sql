/* journeys: what kind of server this is, and what may be seen of it */
select
  current_setting('server_version') as version,
  current_setting('server_version_num')::integer as version_number,
  current_setting('max_connections')::integer
    - current_setting('superuser_reserved_connections')::integer
    -- Since Postgres 16.
    - coalesce(current_setting('reserved_connections', true)::integer, 0) as connection_limit,
  current_user as role,
  -- Without it, other roles' sessions and statements are listed, but not what they do.
  pg_has_role(current_user, 'pg_read_all_stats', 'usage') as sees_others,
  (
    select n.nspname
    from pg_catalog.pg_extension e
    join pg_catalog.pg_namespace n on n.oid = e.extnamespace
    where e.extname = 'pg_stat_statements'
  ) as statements_schema
