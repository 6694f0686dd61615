/* journeys: when the statements' counters began anew, and how often rare ones were thrown out */
select extract(epoch from i.stats_reset)::double precision as reset, i.dealloc from pg_stat_statements_info i
