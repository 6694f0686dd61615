import { createHash } from 'node:crypto'
import type { Config } from '../config/schema.ts'
import type { Database, Queryable } from '../database/connection.ts'
import { type Held, readHeld } from './erasure/held-tables.ts'
import { personalDataMap } from './map.ts'
import { findPerson, type Person } from './person.ts'
import type { BucketPlan, ErasurePlan, StatisticsPlan, TablePlan } from './plan.ts'
import { readObstacles } from './plan-obstacles.ts'
import { canonicalJson } from './receipt/canonical.ts'
import { countEach, type RowCount } from './rows/count-rows.ts'
import { readKeptScores } from './rows/kept-scores.ts'
import type { PersonTable } from './rows/person-table.ts'
import { readPersonTables } from './rows/read-person-tables.ts'
import { type RowOwner, readRowOwner } from './rows/row-owner.ts'
import { fromSql, rowAlias, rowConditions } from './rows/rows-sql.ts'
import { SqlValues } from './rows/sql-values.ts'
import { or } from './rows/way-sql.ts'

export interface PlanContext {
  config: Pick<Config, 'gdpr' | 'personalData'>
  /** Absent: files cannot be removed. What is in it is not looked at. */
  storage?: object
}

export interface PlanOptions {
  /** Scores that enough other people wrote, too, may stay without the person. @defaultValue false */
  keepStatistics?: boolean | undefined
  /** What was read a moment ago: while a person's row is locked, only their rows are counted. @defaultValue read anew */
  known?: { owner: RowOwner; found: Awaited<ReturnType<typeof readPersonTables>> } | undefined
}

/**
 * Counts what an erasure of somebody would do, in a READ ONLY transaction: the server itself refuses every change.
 * @param user uuid or e-mail address
 * @throws JourneysError as `findPerson`
 */
export async function planErasure(
  context: PlanContext & { database: Database },
  user: string,
  options: PlanOptions = {},
): Promise<ErasurePlan> {
  return await context.database.readOnly(async (transaction) =>
    planFor(transaction, await findPerson(transaction, user), context, options),
  )
}

/** The same inside a transaction that somebody else began; it changes nothing. */
export async function planFor(
  queryable: Queryable,
  person: Person,
  context: PlanContext,
  options: PlanOptions = {},
): Promise<ErasurePlan> {
  const map = personalDataMap(context.config.personalData)
  const { owner, found } = options.known ?? {
    owner: await readRowOwner(queryable, person),
    found: await readPersonTables(queryable, map),
  }
  const held = await readHeld(queryable, owner.id)
  const readable = found.tables.filter(({ mayRead, viaStorage }) => mayRead && !viaStorage)
  const counts = await countEach(queryable, readable, owner)
  const storage = await countFiles(queryable, found.tables, owner)
  const keepStatistics = options.keepStatistics ?? false
  const plan: Omit<ErasurePlan, 'id' | 'user'> = {
    options: { keepStatistics },
    ...(await listed(queryable, counts, held)),
    storage,
    ...(keepStatistics ? { statistics: await statisticsOf(queryable, owner, context, counts) } : {}),
    byHand: [...map.byHand],
    obstacles: await readObstacles(queryable, { ...found, owner, held, counts, storage, context }),
  }
  return { id: planId(owner, plan), user: person, ...plan }
}

/** Twelve digits: short enough to type, and nobody finds two plans of one person that share them by chance. */
function planId(owner: RowOwner, plan: object): string {
  return createHash('sha256')
    .update(canonicalJson({ person: owner.id, ...plan }))
    .digest('hex')
    .slice(0, 12)
}

type Lists = Pick<ErasurePlan, 'erase' | 'overwrite' | 'unlink' | 'keep'>

async function listed(queryable: Queryable, counts: readonly RowCount[], held: Held): Promise<Lists> {
  const ends = await keptUntil(queryable, counts)
  const lists: Lists = { erase: [], overwrite: [], unlink: [], keep: [] }
  for (const { table, rows } of counts) {
    const { ground, period, columns } = table
    lists[listOf(table)].push({
      table: table.table,
      rows,
      columns,
      ...(ground === undefined ? {} : { ground }),
      ...(period === undefined ? {} : { period, until: ends.get(table.table) ?? null }),
      ...(isHeld(table, held) ? { held: true as const } : {}),
    })
  }
  // The account stands for all that hangs on it.
  const first = ({ table }: TablePlan) => (table === 'auth.users' ? 0 : 1)
  for (const list of Object.values(lists)) list.sort((a, b) => first(a) - first(b) || (a.table < b.table ? -1 : 1))
  return lists
}

/** A purchase without its buyer is kept, although its key is overwritten; of an entry whose text is gone only a day is. */
function listOf({ what, columns }: PersonTable): keyof Lists {
  if (what === 'erase' || what === 'keep') return what
  return columns.kept.length > columns.overwritten.length ? 'keep' : what
}

function isHeld({ table, what }: PersonTable, held: Held): boolean {
  return what !== 'keep' && (held.everything || held.tables.includes(table))
}

/** When the newest row of each table is no longer needed: Postgres adds months as a calendar does. */
async function keptUntil(queryable: Queryable, counts: readonly RowCount[]): Promise<Map<string, string>> {
  const kept = counts.flatMap(({ table, newest }) =>
    table.period === undefined || newest === null ? [] : [{ table: table.table, newest, period: table.period }],
  )
  if (kept.length === 0) return new Map()
  const { rows } = await queryable.query<{ table: string; until: string }>(
    `select kept."table", (kept.newest + kept.period)::date::text as until
     from jsonb_to_recordset($1::jsonb) as kept ("table" text, newest date, period interval)`,
    [JSON.stringify(kept)],
  )
  return new Map(rows.map(({ table, until }) => [table, until]))
}

async function countFiles(
  queryable: Queryable,
  tables: readonly PersonTable[],
  owner: RowOwner,
): Promise<BucketPlan[]> {
  const objects = tables.find(({ table }) => table === 'storage.objects')
  if (objects === undefined || !objects.mayRead) return []
  const values = new SqlValues()
  const { rows } = await queryable.query<BucketPlan>(
    `select
       ${rowAlias}.bucket_id as bucket,
       count(*) as objects,
       -- Storage writes a number there; whoever writes past it may have written anything.
       coalesce(sum(case when ${rowAlias}.metadata ->> 'size' ~ '^[0-9]{1,18}$' then (${rowAlias}.metadata ->> 'size')::bigint end), 0)::bigint as bytes
     from ${fromSql(objects)}
     where ${or(rowConditions(objects, owner, values))}
     group by 1
     order by 1`,
    values.list,
  )
  return rows
}

async function statisticsOf(
  queryable: Queryable,
  owner: RowOwner,
  { config }: PlanContext,
  counts: readonly RowCount[],
): Promise<StatisticsPlan> {
  const k = config.gdpr.kAnonymity
  const journal = counts.find(({ table }) => table.table === 'public.journal_entries')
  const none = { rows: 0, scores: 0 }
  // A map that erases the journal leaves no row to keep a score in.
  if (journal === undefined || journal.table.what !== 'overwrite') return { k, kept: none, lost: none }
  const { kept, lost } = await readKeptScores(queryable, owner, k)
  return { k, kept, lost }
}
