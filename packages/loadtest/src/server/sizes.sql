/* journeys: sizes of every table; needs a weak lock on each, so it has a time limit of its own */
select s.relid::bigint as id, pg_table_size(s.relid) as bytes, pg_indexes_size(s.relid) as index_bytes
from pg_catalog.pg_stat_user_tables s
