/* journeys: $1 the statements whose text is asked for; it holds $n for every value */
select s.queryid::text as id, left(min(s.query), 2000) as text
from pg_stat_statements(true) s
where s.queryid = any ($1::bigint[])
group by s.queryid
