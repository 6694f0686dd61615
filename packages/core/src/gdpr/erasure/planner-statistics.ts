import type { Queryable } from '../../database/connection.ts'
import { sqlIdentifier } from '../../database/identifier.ts'
import type { SearchTerm } from '../search/term.ts'

/**
 * The planner keeps samples of what stands in each column: common values, and whole values as the bounds of its histograms. An
 * address or a short entry can be among them until the table is analyzed again, which autovacuum does only after many changes.
 * https://www.postgresql.org/docs/15/view-pg-stats.html
 *
 * @returns the tables analyzed anew, and those whose samples still hold something, because only their owner may analyze them
 */
export async function renewStatistics(
  queryable: Queryable,
  terms: readonly SearchTerm[],
): Promise<{ analyzed: string[]; left: string[] }> {
  const before = await tablesSampling(queryable, terms)
  for (const [schema, name] of before) await queryable.query(`analyze ${sqlIdentifier(schema, name)}`)
  const left = before.length === 0 ? [] : await tablesSampling(queryable, terms)
  const labels = (tables: [string, string][]) => tables.map((table) => table.join('.'))
  const remaining = new Set(labels(left))
  return { analyzed: labels(before).filter((table) => !remaining.has(table)), left: [...remaining] }
}

/** Names are left out: a name among the samples is mostly that of somebody else. */
async function tablesSampling(queryable: Queryable, terms: readonly SearchTerm[]): Promise<[string, string][]> {
  const texts = terms.filter(({ kind }) => kind !== 'name').map(({ text }) => text.toLowerCase())
  const { rows } = await queryable.query<{ schemaname: string; tablename: string }>(
    `select s.schemaname, s.tablename
     from pg_catalog.pg_stats s
     cross join lateral (
       -- As arrays print them: quotes and backslashes stand behind a backslash.
       select replace(lower(concat_ws(' ', s.most_common_vals::text, s.histogram_bounds::text, s.most_common_elems::text)), '\\', '')
         as samples offset 0
     ) as x
     where s.schemaname not in ('pg_catalog', 'information_schema')
       and exists (select from unnest($1::text[]) as t (text) where strpos(x.samples, t.text) > 0)
     group by 1, 2 order by 1, 2`,
    [texts.map((text) => text.replaceAll('\\', ''))],
  )
  return rows.map(({ schemaname, tablename }) => [schemaname, tablename])
}
