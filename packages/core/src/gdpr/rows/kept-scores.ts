import type { Queryable } from '../../database/connection.ts'
import { sqlIdentifier } from '../../database/identifier.ts'
import { assignedSql } from './assignment-sql.ts'
import type { PersonTable } from './person-table.ts'
import type { RowOwner } from './row-owner.ts'
import { rowAlias } from './rows-sql.ts'
import type { SqlValues } from './sql-values.ts'

const journal = 'public.journal_entries'
/** Scores of a person's journal that may stay, unlinked, for statistics. */
export interface KeptScores {
  /** At least so many other people wrote a score of the same kind in the same month. */
  k: number
  /** Month (YYYY-MM) → kinds of score. */
  months: Record<string, string[]>
  kept: { rows: number; scores: number }
  lost: { rows: number; scores: number }
}

/**
 * Which scores of a person are so many people's that they lead to nobody. It counts others only, so that it says the same in the middle of
 * an erasure as before it, but for the counts.
 * @param k `config.gdpr.kAnonymity`
 */
export async function readKeptScores(queryable: Queryable, owner: RowOwner, k: number): Promise<KeptScores> {
  const { rows } = await queryable.query<{ month: string; score: string; written: number; is_kept: boolean }>(
    `select to_char(month::timestamp, 'YYYY-MM') as month, score, written, is_kept
     from private.shared_scores($1::uuid, $2::integer) order by 1, 2`,
    [owner.id, k],
  )
  const months: Record<string, string[]> = {}
  for (const { month, score, is_kept: isKept } of rows) if (isKept) months[month] = [...(months[month] ?? []), score]
  const written = (isKept: boolean) => rows.reduce((sum, row) => (row.is_kept === isKept ? sum + row.written : sum), 0)
  const { rows: counted } = await queryable.query<{ kept: number; lost: number }>(
    `select count(*) filter (where one.kept <> '{}') as kept, count(*) filter (where one.kept = '{}') as lost
     from (
       select private.kept_scores(j.scores, j.date, $2::jsonb) as kept
       from public.journal_entries j
       where j.user_id = $1::uuid and j.scores <> '{}'
     ) one`,
    [owner.id, JSON.stringify(months)],
  )
  return {
    k,
    months,
    kept: { rows: counted[0]?.kept ?? 0, scores: written(true) },
    lost: { rows: counted[0]?.lost ?? 0, scores: written(false) },
  }
}

/** What an update of the journal writes when scores may stay; `undefined` for every other table, and where nothing may. */
export function keepingScores(
  table: PersonTable,
  scores: KeptScores | undefined,
  owner: RowOwner,
  values: SqlValues,
): string | undefined {
  if (table.table !== journal || table.what !== 'overwrite' || scores === undefined) return undefined
  if (Object.keys(scores.months).length === 0) return undefined
  if (!table.assignments.some(({ column }) => column.name === 'scores')) return undefined
  const kept = `private.kept_scores(${rowAlias}.scores, ${rowAlias}.date, ${values.use(JSON.stringify(scores.months), 'jsonb')})`
  const month = `date_trunc('month', ${rowAlias}.date::timestamp)`
  const instead: Record<string, string> = {
    scores: kept,
    // A row with scores has no day: the check of the table says the same.
    date: `${month}::date`,
    created_at: `${month} at time zone 'UTC'`,
    updated_at: `${month} at time zone 'UTC'`,
  }
  const usual = new Map(
    table.assignments.map((one) => [one.column.name, assignedSql(one, table, rowAlias, owner, values)]),
  )
  return [...new Set([...usual.keys(), ...Object.keys(instead)])]
    .map((name) => {
      const value = instead[name]
      const otherwise = usual.get(name) ?? sqlIdentifier(rowAlias, name)
      return `${sqlIdentifier(name)} = ${value === undefined ? otherwise : `case when ${kept} <> '{}' then ${value} else ${otherwise} end`}`
    })
    .join(', ')
}
