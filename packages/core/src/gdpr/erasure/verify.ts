import type { Queryable } from '../../database/connection.ts'
import { decisionsOf, type PersonalDataMap, personalDataMap } from '../map.ts'
import { searchDatabase } from '../search/search-database.ts'
import type { NotSearched, SearchFinding } from '../search/search-report.ts'
import { notHeld, sweep } from './account.ts'
import { beginErasing } from './batch.ts'
import { unlessBlocked } from './blockers.ts'
import { commonPhrases } from './common-phrases.ts'
import { type Held, readHeld } from './held-tables.ts'
import type { Verification } from './outcome.ts'
import type { ErasureRun } from './step.ts'
import { treatedTables } from './step-order.ts'
import { eraseFiles, filesLeft } from './storage.ts'

/** Where the erasure itself still names the person, until the word "done", which the database accepts only without it. */
const ownPlaces = new Set(['private.erasure_ledger.user_id'])
/** What the migrations and these commands say, and who gave them: Max is a word of SQL, Art one of the law, and both are names. */
const ownWords =
  /^(supabase_migrations\.|(auth|storage|realtime)\.(schema_)?migrations\.|private\.retention_|private\.erasure_(ledger\.(plan|options)|steps|receipts|by_hand\.(title|todo))|private\.\w+\.(actor|placed_by|done_by)$)/
/** What says whose the rows are that a legal hold keeps. */
const heldAnyway = new Set(['auth.users', 'private.legal_holds', 'private.processing_restrictions'])

/**
 * Searches the whole database, and asks the Storage API, for what is left of the person: by the terms that were sealed when it
 * began, and with nothing that the erasing code knows.
 * @param held what the account was kept for; null: it is gone
 */
export async function verifyErasure(run: ErasureRun, held: Held | null): Promise<Verification> {
  const { context, session, entry, terms } = run
  const report = await searchDatabase(context.database, terms, {
    signal: context.signal,
    onProgress: ({ done, total, table, remainingMs }) =>
      context.onProgress?.({
        ...{ step: 'verify', done, total, unit: 'bytes' },
        note:
          Number.isFinite(remainingMs) && remainingMs > 1000
            ? `${table}, ${Math.round(remainingMs / 1000)} s left`
            : table,
      }),
  })
  const wholes = await wholeTables(session, report.found)
  const dismissedIds = new Set((entry.options.dismissed ?? []).map(({ finding }) => finding))
  const isHeld = (one: SearchFinding) => keeps(held, wholes.get(one.table) ?? one.table)
  const common = await commonPhrases(run, report.found, wholes)
  const isWord = ({ kind, table, column }: SearchFinding) => kind === 'name' && ownWords.test(`${table}.${column}`)
  const isOthers = (one: SearchFinding) => isWord(one) || common.has(one)
  const found = report.found.filter((one) => !ownPlaces.has(`${one.table}.${one.column}`) && !isOthers(one))
  const dismissed = found.filter((one) => !isHeld(one) && dismissedIds.has(one.id))
  const map = personalDataMap(context.config.personalData)
  return {
    report: { ...report, found, shared: [...report.shared, ...report.found.filter(isOthers)] },
    left: found.filter((one) => !isHeld(one) && !dismissedIds.has(one.id)),
    held: found.filter(isHeld),
    dismissed,
    unread: report.notSearched.filter((one) => !isImpersonal(map, one)),
    storage: keeps(held, 'storage.objects') ? null : await filesLeft(run),
  }
}

/** Whether nothing speaks against calling it done, or as much as a legal hold leaves. */
export function isClean({ left, unread, storage }: Verification): boolean {
  return left.length === 0 && unread.length === 0 && (storage?.objects ?? 0) === 0
}

/** A search that found something is not simply repeated: files, and rows in tables that the map knows, go first. */
export async function clearAgain(run: ErasureRun): Promise<void> {
  const { context, session, userId, tables } = run
  await eraseFiles(run)
  const held = await readHeld(session, userId)
  await unlessBlocked({ database: context.database, session }, () =>
    session.transaction(async (transaction) => {
      await beginErasing(transaction, userId)
      await sweep(run, transaction, notHeld(treatedTables(tables), held))
    }),
  )
}

function keeps(held: Held | null, table: string): boolean {
  return held !== null && (held.everything || held.tables.includes(table) || heldAnyway.has(table))
}

/** A partition is held with the whole of which it is a part. */
async function wholeTables(queryable: Queryable, found: readonly SearchFinding[]): Promise<Map<string, string>> {
  const { rows } = await queryable.query<{ part: string; whole: string }>(
    `select n.nspname || '.' || c.relname as part, wn.nspname || '.' || w.relname as whole
     from pg_catalog.pg_class c
     join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     join pg_catalog.pg_class w on w.oid = pg_partition_root(c.oid)
     join pg_catalog.pg_namespace wn on wn.oid = w.relnamespace
     where c.relispartition and n.nspname || '.' || c.relname = any ($1)`,
    [[...new Set(found.map(({ table }) => table))]],
  )
  return new Map(rows.map(({ part, whole }) => [part, whole]))
}

function isImpersonal(map: PersonalDataMap, { table }: NotSearched): boolean {
  const decided = [...decisionsOf(map, table).values()]
  return decided.length > 0 && decided.every(({ decision }) => decision.strategy === 'not-personal')
}
