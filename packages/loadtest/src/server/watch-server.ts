import { type MachineUsage, watchMachine } from '../usage/machine-usage.ts'
import { type ProcessUsage, type ProcessWatch, watchProcesses } from '../usage/process-usage.ts'
import type { DatabaseEvidence, LostIndex, UnindexedColumn } from './culprits/evidence.ts'
import { findCulprits } from './culprits/find-culprits.ts'
import { readAsWhole } from './culprits/sequential-scans.ts'
import { DatabaseWatch } from './database-watch.ts'
import lostIndexesSql from './lost-indexes.sql'
import type { DatabaseSide, LoadSeen, ServerSide, ServerWatch, WatchServerOptions } from './server-side.ts'
import sleepingFunctionsSql from './sleeping-functions.sql'
import { statementsChange, statementUsage } from './statement-usage.ts'
import { type TableChange, tablesChange } from './table-usage.ts'
import unindexedColumnsSql from './unindexed-columns.sql'

/** Enough to find a nested statement, and one that hides behind hundreds. */
const statementsLookedAt = 40
const statementsShown = 15
const tablesShown = 20

/**
 * Watches the server's side of a load: the database through its statistics, the stack's processes through the system. One connection,
 * one look a second.
 */
export function watchServer(options: WatchServerOptions): ServerWatch {
  const judgedAt = options.judgedAt ?? (() => true)
  const database = options.databaseUrl === undefined ? undefined : new DatabaseWatch(options.databaseUrl, judgedAt)
  let processes: ProcessWatch | undefined
  let machine: { stop(): MachineUsage } | undefined
  let began = performance.now()
  return {
    async begin() {
      await database?.begin()
      began = performance.now()
      if (options.processes === undefined) return
      processes = watchProcesses(options.processes)
      machine = watchMachine()
    },

    async end(load) {
      const durationMs = performance.now() - began
      const machineUsage = machine?.stop()
      const [usage] = await Promise.all([processes?.stop() ?? [], database?.end()])
      try {
        const seen = database && (await databaseEvidence(database, durationMs))
        if (seen === undefined && usage.length === 0 && !database?.notes.size) return undefined
        return serverSide({
          durationMs,
          judgedAt,
          seen,
          usage,
          machineUsage,
          load,
          notes: [...(database?.notes ?? [])],
        })
      } finally {
        await database?.close()
      }
    },
  }
}

function serverSide(parts: {
  durationMs: number
  judgedAt: (elapsedMs: number) => boolean
  seen: DatabaseEvidence | undefined
  usage: readonly ProcessUsage[]
  machineUsage: MachineUsage | undefined
  load: LoadSeen | undefined
  notes: string[]
}): ServerSide {
  const { durationMs, judgedAt, seen, usage, load, notes } = parts
  const machine = usage.length > 0 ? parts.machineUsage : undefined
  const gone = usage.filter(({ memoryPeakBytes }) => memoryPeakBytes === 0).map(({ name }) => name)
  if (gone.length > 0) notes.push(`Not seen alive: ${gone.join(', ')}.`)
  return {
    durationMs,
    culprits: findCulprits({ durationMs, judgedAt, database: seen, processes: usage, machine, load }),
    notes,
    ...(seen && { database: seen.side }),
    processes: usage,
    ...(machine && { machine }),
  }
}

/** @returns undefined when the database was never seen */
async function databaseEvidence(watch: DatabaseWatch, durationMs: number): Promise<DatabaseEvidence | undefined> {
  const { facts, before, after, sums } = watch
  if (facts === undefined || watch.looks.answered === 0) {
    if (watch.notes.size === 0) watch.notes.add('The database never answered, so it was not watched.')
    return undefined
  }
  const sessions = watch.sessions.evidence()
  const tables = before && after && tablesChange(before, after, watch.countersReset)
  const statements = before && after && statementsChange(before, after)
  for (const note of statements?.notes ?? []) watch.notes.add(note)
  if (watch.countersReset) {
    watch.notes.add('The database lost its counters (a crash does that): rows and tables are of the time since then.')
  }
  if (sessions.looks === 0)
    watch.notes.add('No look fell into a judged phase: what sessions waited for cannot be told.')
  const top = statements?.statements.slice(0, statementsLookedAt) ?? []
  const ids = [...top, ...sessions.blocked, ...sessions.asleep].flatMap(({ id }) => id ?? [])
  const texts = await watch.statementTexts([...new Set(ids)])
  const usage = top.map((change) => ({ ...statementUsage(change, statements?.totalMs ?? 0, texts), id: change.id }))
  const hit = tables && tables.pages.hit + tables.pages.missed
  const side: DatabaseSide = {
    version: facts.version.split(' ')[0] ?? facts.version,
    looks: watch.looks,
    outages: watch.outages,
    restartsAtMs: watch.restartsAtMs,
    connections: watch.sessions.connections(
      facts.connection_limit,
      sums.judgedMs > 0 ? sums.busyMs / sums.judgedMs : 0,
    ),
    ...(tables && hit && { cacheHit: { ratio: tables.pages.hit / hit, reads: hit } }),
    transactions: { committed: sums.committed, rolledBack: sums.rolledBack },
    ...(tables && { rows: tables.rows }),
    ...(sums.walBytes !== undefined && { walBytes: sums.walBytes }),
    tempBytes: sums.tempBytes,
    deadlocks: sums.deadlocks,
    ...(statements && { statements: usage.slice(0, statementsShown).map(({ id: _, ...statement }) => statement) }),
    waits: watch.sessions.waits(),
    ...(tables && { tables: tables.tables.slice(0, tablesShown).map(({ id: _, ...table }) => table) }),
    timeline: watch.timeline.points(),
  }
  return {
    side,
    sessions,
    tables: tables?.tables ?? [],
    statements: usage,
    statementsMs: statements?.totalMs,
    ...(await indexesOf(watch, tables?.tables ?? [], durationMs, statements?.totalMs)),
    sleepingFunctions:
      sessions.sleeping > 0
        ? (await watch.ask<{ name: string }>(sleepingFunctionsSql, [])).map(({ name }) => name)
        : [],
    texts,
  }
}

/** What is wrong with the indexes of the tables that are suspected. */
async function indexesOf(
  watch: DatabaseWatch,
  tables: readonly TableChange[],
  durationMs: number,
  statementsMs: number | undefined,
): Promise<Pick<DatabaseEvidence, 'unindexed' | 'lost'>> {
  const unindexed = new Map<number, UnindexedColumn[]>()
  const lost = new Map<number, LostIndex[]>()
  for (const { table } of readAsWhole(tables, durationMs, statementsMs).slice(0, 3)) {
    unindexed.set(table.id, await watch.ask<UnindexedColumn>(unindexedColumnsSql, [table.id]))
    lost.set(table.id, await watch.ask<LostIndex>(lostIndexesSql, [table.id]))
  }
  return { unindexed, lost }
}
