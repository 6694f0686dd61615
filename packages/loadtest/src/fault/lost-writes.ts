import { setTimeout as sleep } from 'node:timers/promises'
import { connect, type Database, JourneysError } from '@journeys/core/ops'
import type { LostWrite, LostWrites } from '../analysis/analysis.ts'
import type { WrittenTable } from '../scenarios/visitor.ts'

/** A write that was answered 2xx. */
export interface ConfirmedWrite {
  readonly table: WrittenTable
  readonly id: string
  /** `updated_at` of the answer, for a row that is written again and again: the row must be at least as new. */
  readonly version?: string | undefined
  /** `Date.now()` when the answer was there. */
  readonly at: number
}

export interface FindLostWritesOptions {
  /** How long to wait for a database that is still recovering. @defaultValue 30000 */
  readonly waitMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

const perQuery = 5000
const mostExamples = 20
/** What does not get better by waiting. */
const lasting = new Set([
  'database_url_invalid',
  'database_tls_required',
  'database_untrusted',
  'database_login_refused',
  'database_permission',
])
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
/** As PostgREST prints a timestamptz: `2026-11-23T12:00:00.123456+00:00`. */
const timestamp = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?([+-]\d\d(:?\d\d)?|Z)?$/

/** Each answers the 1-based places of the writes that are not there. $1 ids, $2 versions or null. */
const statements: Readonly<Record<WrittenTable, string>> = {
  journal_entries: missing(
    'public.journal_entries r where r.id = w.id and (w.version is null or r.updated_at >= w.version)',
  ),
  purchases: missing('public.purchases r where r.id = w.id and (w.version is null or r.created_at >= w.version)'),
  profiles: missing('public.profiles r where r.user_id = w.id and (w.version is null or r.updated_at >= w.version)'),
}

/**
 * Looks for every confirmed write by its id. Call it before the run's users are removed: their rows go with them.
 * @throws JourneysError when the database cannot be reached within `waitMs`
 */
export async function findLostWrites(
  databaseUrl: string,
  writes: readonly ConfirmedWrite[],
  options: FindLostWritesOptions = {},
): Promise<LostWrites> {
  const { latest, unverifiable } = toLookFor(writes)
  if (latest.length === 0) return { checked: 0, lost: 0, unverifiable, examples: [] }
  const database = await reach(databaseUrl, options)
  try {
    const lost: ConfirmedWrite[] = []
    for (const table of Object.keys(statements) as WrittenTable[]) {
      const ofTable = latest.filter((write) => write.table === table)
      for (let start = 0; start < ofTable.length; start += perQuery) {
        options.signal?.throwIfAborted()
        lost.push(...(await lostOf(database, table, ofTable.slice(start, start + perQuery))))
      }
    }
    lost.sort((a, b) => a.at - b.at)
    const examples: LostWrite[] = lost
      .slice(0, mostExamples)
      .map(({ table, id, at }) => ({ table, id, at: new Date(at).toISOString() }))
    return { checked: latest.length, lost: lost.length, unverifiable, examples }
  } finally {
    await database.end()
  }
}

/** One entry per row: the newest version stands for all before it. */
function toLookFor(writes: readonly ConfirmedWrite[]): { latest: ConfirmedWrite[]; unverifiable: number } {
  const latest = new Map<string, ConfirmedWrite>()
  let unverifiable = 0
  for (const write of writes) {
    if (!uuid.test(write.id) || (write.version !== undefined && !isTimestamp(write.version))) {
      unverifiable++
      continue
    }
    const key = `${write.table} ${write.id.toLowerCase()}`
    const known = latest.get(key)
    if (!known || isNewer(write, known)) latest.set(key, write)
  }
  return { latest: [...latest.values()], unverifiable }
}

function isTimestamp(text: string): boolean {
  return timestamp.test(text) && !Number.isNaN(Date.parse(text))
}

/** By the version to the microsecond, which `Date.parse` cuts off; without one by the answer's time. */
function isNewer(a: ConfirmedWrite, b: ConfirmedWrite): boolean {
  if (a.version === undefined || b.version === undefined) return a.version !== undefined || a.at > b.at
  const difference = Date.parse(a.version) - Date.parse(b.version)
  return difference === 0 ? microseconds(a.version) > microseconds(b.version) : difference > 0
}

function microseconds(version: string): number {
  return Number((/\.(\d+)/.exec(version)?.[1] ?? '').padEnd(6, '0').slice(0, 6))
}

function missing(row: string): string {
  return `select w.place::integer as place
  from unnest($1::uuid[], $2::timestamptz[]) with ordinality as w (id, version, place)
 where not exists (select from ${row})`
}

async function lostOf(
  database: Database,
  table: WrittenTable,
  writes: readonly ConfirmedWrite[],
): Promise<ConfirmedWrite[]> {
  const { rows } = await database.query<{ place: number }>(statements[table], [
    writes.map(({ id }) => id),
    writes.map(({ version }) => version ?? null),
  ])
  return rows.flatMap(({ place }) => writes[place - 1] ?? [])
}

/** A database that was killed refuses connections while it replays its log. */
async function reach(databaseUrl: string, { waitMs = 30_000, signal }: FindLostWritesOptions): Promise<Database> {
  const until = Date.now() + waitMs
  for (;;) {
    try {
      return await connect(databaseUrl, { applicationName: 'journeys loadtest', maxConnections: 1 })
    } catch (error) {
      const recovering = error instanceof JourneysError && !lasting.has(error.code)
      if (!recovering || Date.now() >= until) throw error
      await sleep(250, undefined, signal ? { signal } : {})
    }
  }
}
