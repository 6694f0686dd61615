-- An index whose concurrent build failed: it is kept up to date at every write, and no query uses it.
select
  'warning' as state,
  null::double precision as value,
  format('index %s on %s is invalid', i.indexrelid::regclass, i.indrelid::regclass) as summary,
  'it slows down every write and no query uses it; a unique one does not hold its promise for old rows' as why,
  format('reindex index concurrently %s;', i.indexrelid::regclass) as remediation,
  jsonb_build_array(jsonb_build_object(
    'index', i.indexrelid::regclass::text,
    'table', i.indrelid::regclass::text,
    'bytes', pg_relation_size(i.indexrelid)
  )) as facts
from pg_catalog.pg_index i
where not i.indisvalid
  -- One that is being built at this moment is not yet valid.
  and not exists (select from pg_catalog.pg_stat_progress_create_index p where p.index_relid = i.indexrelid)
order by 3
