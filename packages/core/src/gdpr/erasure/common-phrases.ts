import { sqlIdentifier } from '../../database/identifier.ts'
import type { SearchFinding } from '../search/search-report.ts'
import type { ErasureRun } from './step.ts'

/**
 * Phrases that were found in nothing but rows of other people who are still there: they wrote the same words, as thousands do who say
 * that they did not drink today. Which phrases are common nobody can know before the whole database has been searched.
 *
 * @param wholes a partition → the table that it is a part of
 */
export async function commonPhrases(
  run: ErasureRun,
  found: readonly SearchFinding[],
  wholes: ReadonlyMap<string, string>,
): Promise<Set<SearchFinding>> {
  const common = new Set<SearchFinding>()
  for (const finding of found.filter(({ kind }) => kind === 'phrase')) {
    const owners = ownersOf(run, wholes.get(finding.table) ?? finding.table)
    if (owners.length > 0 && (await rowsOfOthers(run, finding, owners)) === finding.rows) common.add(finding)
  }
  return common
}

/** Columns that say by an id whose a row is. */
function ownersOf({ tables }: ErasureRun, name: string): string[] {
  const ways = tables.find(({ table }) => table === name)?.ways ?? []
  return ways.flatMap((way) =>
    way.by === 'id' && /^(uuid|text|varchar)$/.test(way.column.base ?? '') ? [way.column.name] : [],
  )
}

async function rowsOfOthers(
  { session, terms, userId }: ErasureRun,
  { table, column, term }: SearchFinding,
  owners: readonly string[],
): Promise<number> {
  const dot = table.indexOf('.')
  const name = sqlIdentifier(table.slice(0, dot), table.slice(dot + 1))
  const ids = owners.map((owner) => `t.${sqlIdentifier(owner)}::text`)
  const { rows } = await session.query<{ count: number }>(
    `select count(*) as count from only ${name} t
     where strpos(lower(t.${sqlIdentifier(column)}::text), lower($1)) > 0
       and exists (select from auth.users u where u.id::text in (${ids}) and u.id <> $2::uuid)
       and $2::uuid::text not in (${ids.map((id) => `coalesce(${id}, '')`)})`,
    [terms[term]?.text ?? '', userId],
  )
  return rows[0]?.count ?? 0
}
