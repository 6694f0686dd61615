import type { PersonalDataSettings } from '../config/personal-data.ts'
import type { Database } from '../database/connection.ts'
import { contradictions } from './coverage-contradictions.ts'
import { type Proposal, proposeUndecided } from './coverage-proposal.ts'
import { type ByHandStep, type Decision, decisionsOf, isPattern, type PersonalDataMap, personalDataMap } from './map.ts'
import { type Reach, readReach } from './map-reach.ts'

/**
 * `undecided`: a column that may be about a person, and nobody has said what becomes of it. `contradiction`: what was said cannot be
 * done. `gone`: something was said about what is not there.
 */
export type CoverageFindingKind = 'undecided' | 'contradiction' | 'gone'

export interface CoverageFinding {
  kind: CoverageFindingKind
  /** schema.table */
  table: string
  columns: string[]
  /** What is the case, in one sentence. */
  summary: string
  /** Why it matters: how the table leads to a person, or what would go wrong. */
  why: string
  /** What to do, in one sentence. */
  do: string
  /** What decides it, to be laid under `personalData.tables`: a proposal that somebody has to agree with. */
  add: Proposal | Record<string, Record<string, null> | null>
}

export interface CoveredTable {
  table: string
  /** How it leads to a person; `null` for one that only the map knows as personal. */
  reachedBy: string | null
  /** In their order; `null` for a column without a decision. */
  columns: { name: string; decision: Decision | null }[]
}

export interface Coverage {
  tables: CoveredTable[]
  /** Undecided ones first, then contradictions, then what is gone; each by table. */
  findings: CoverageFinding[]
  byHand: readonly ByHandStep[]
}

/**
 * Compares the personal-data map with the catalog of a database, in a READ ONLY transaction.
 * @param settings the file's part of the map, `config.personalData`
 */
export async function findCoverage(database: Database, settings: PersonalDataSettings): Promise<Coverage> {
  const map = personalDataMap(settings)
  return await database.readOnly(async (transaction) => {
    const reach = await readReach(transaction)
    const tables = coveredTables(map, reach)
    return {
      tables,
      findings: [
        ...tables.flatMap((table) => undecided(table, map, reach)),
        ...(await contradictions(transaction, tables, reach)),
        ...gone(map, reach),
      ],
      byHand: map.byHand,
    }
  })
}

/** Everything that leads to a person or that somebody has decided about, as far as it is there. */
function coveredTables(map: PersonalDataMap, { relations }: Reach): CoveredTable[] {
  return [...relations].flatMap(([table, { columns, reachedBy }]): CoveredTable[] => {
    const decided = decisionsOf(map, table)
    if (reachedBy === undefined && !columns.some(({ name }) => isChosen(decided.get(name)))) return []
    return [
      {
        table,
        reachedBy: reachedBy ?? null,
        columns: columns.map(({ name }) => ({ name, decision: decided.get(name)?.decision ?? null })),
      },
    ]
  })
}

/** Whether a decision alone makes a table one of ours: the history of migrations is personal on some hosted projects only. */
function isChosen(column: { origin: string } | undefined): boolean {
  return column !== undefined && column.origin !== 'hosted'
}

function undecided({ table, reachedBy, columns }: CoveredTable, map: PersonalDataMap, reach: Reach): CoverageFinding[] {
  const open = columns.filter(({ decision }) => decision === null).map(({ name }) => name)
  const relation = reach.relations.get(table)
  if (open.length === 0 || relation === undefined) return []
  const isNew = open.length === columns.length
  return [
    {
      kind: 'undecided',
      table,
      columns: open,
      summary: isNew ? `nobody has decided about ${table}` : `nobody has decided about ${listed(open)} of ${table}`,
      why: reachedBy ?? 'the rest of the table is in the map',
      do: 'decide what an erasure does with each of them; this is a proposal',
      add: { [table]: proposeUndecided(relation, open, decisionsOf(map, table)) },
    },
  ]
}

/** Decisions about what is not there: of our own migrations or of the file; a hosted schema comes in several versions. */
function gone(map: PersonalDataMap, { relations }: Reach): CoverageFinding[] {
  return [...map.tables].flatMap(([table, decided]): CoverageFinding[] => {
    if (isPattern(table)) return []
    const there = new Set(relations.get(table)?.columns.map(({ name }) => name))
    const missing = [...decided].filter(([name, { origin }]) => origin !== 'hosted' && !there.has(name))
    if (missing.length === 0) return []
    const columns = missing.map(([name]) => name)
    const inFile = missing.every(([, { origin }]) => origin === 'file')
    const isWhole = !relations.has(table)
    const what = isWhole ? table : `${listed(columns)} of ${table}`
    return [
      {
        kind: 'gone',
        table,
        columns,
        summary: `the map decides about ${what}, which is not in this database`,
        why: 'a decision about nothing hides a spelling mistake, a rename, or a migration that is still pending',
        do: inFile
          ? `take ${isWhole ? 'it' : 'them'} out of journeys.config.json, or write the name as the database has it`
          : 'journeys migrate status says what is pending; if it was dropped for good, null takes the decision back',
        add: { [table]: isWhole ? null : Object.fromEntries(columns.map((name) => [name, null])) },
      },
    ]
  })
}

/** `a`, `a and b`, `a, b and 3 more`. */
function listed(names: readonly string[]): string {
  if (names.length > 4) return `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}
