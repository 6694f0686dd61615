import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Queryable } from '../../database/connection.ts'
import type { GdprContext } from '../erasure/context.ts'
import { journalName } from '../replay-journal.ts'
import { receiptFiles } from './receipt-file.ts'

/** An erasure that is older than the ledger may remember. */
export interface PurgeCandidate {
  erasure: string
  finishedAt: Date
  receipts: number
  /** Steps by hand that nobody has ticked: it stays until somebody has. */
  openByHand: string[]
}

export interface PurgePlan {
  /** Finished before this moment. */
  before: Date
  /** As journeys.config.json says it: `3 years`. */
  period: string
  purge: PurgeCandidate[]
  waiting: PurgeCandidate[]
}

export interface PurgeResult extends PurgePlan {
  /** Receipts whose text was emptied; their hashes hold the chain together. */
  receipts: number
  files: number
}

type PurgeContext = Pick<GdprContext, 'database' | 'config' | 'folder' | 'actor'>

/** What the ledger may itself no longer remember (Art. 5(1)(e) GDPR). Read-only. */
export async function planPurge({ database, config }: PurgeContext): Promise<PurgePlan> {
  return await database.readOnly((transaction) => readPlan(transaction, config.gdpr.ledgerPeriod))
}

/**
 * Forgets them: their rows of the ledger, the text of their receipts, the files of these and their lines in the list beside them.
 * What stays of a receipt is its number, its hash, the erasure's id and the dates. May be repeated: files that an interrupted run
 * left are removed by the next.
 */
export async function purgeLedger(context: PurgeContext): Promise<PurgeResult> {
  const { database, config, actor } = context
  const done = await database.transaction(async (transaction) => {
    await transaction.query("select pg_advisory_xact_lock(hashtextextended('journeys:erasure_receipts', 0))")
    const plan = await readPlan(transaction, config.gdpr.ledgerPeriod)
    const erasures = plan.purge.map(({ erasure }) => erasure)
    const { rowCount: receipts } = await transaction.query(
      `update private.erasure_receipts set body = null, purged_at = now() where erasure_id = any ($1) and body is not null`,
      [erasures],
    )
    await transaction.query('delete from private.erasure_ledger where id = any ($1)', [erasures])
    if (erasures.length > 0) {
      await transaction.query(`select private.record_audit('erasures.purge', null, $1::jsonb, $2)`, [
        JSON.stringify({ erasures: erasures.length, receipts, before: plan.before }),
        actor,
      ])
    }
    return { ...plan, receipts }
  })
  return { ...done, files: await removeTraces(context) }
}

async function readPlan(queryable: Queryable, period: string): Promise<PurgePlan> {
  const { rows } = await queryable.query<{ before: Date }>('select now() - $1::interval as before', [period])
  const before = rows[0]?.before
  if (before === undefined) throw new TypeError('the server told no time')
  const { rows: old } = await queryable.query<PurgeCandidate>(
    `select l.id as erasure, l.finished_at as "finishedAt",
       (select count(*) from private.erasure_receipts r where r.erasure_id = l.id) as receipts,
       array(
         select b.step from private.erasure_by_hand b where b.erasure_id = l.id and b.done_at is null order by b.step
       ) as "openByHand"
     from private.erasure_ledger l
     where l.state = 'done' and l.finished_at < $1
     order by l.finished_at, l.id`,
    [before],
  )
  return {
    before,
    period,
    purge: old.filter(({ openByHand }) => openByHand.length === 0),
    waiting: old.filter(({ openByHand }) => openByHand.length > 0),
  }
}

/** Of everything that is purged in the database, not only of what was purged just now. @returns files removed */
async function removeTraces({ database, folder }: PurgeContext): Promise<number> {
  const present = new Set(await readdir(folder).catch(() => []))
  return await database.transaction(async (transaction) => {
    // Whoever opens an erasure adds a line to the list before committing its row here: while this lock is held, nobody does.
    await transaction.query('lock table private.erasure_ledger in share row exclusive mode')
    const { rows } = await transaction.query<{ seq: number; erasure: string }>(
      'select seq, erasure_id as erasure from private.erasure_receipts where purged_at is not null',
    )
    const files = rows
      .flatMap((row) => Object.values(receiptFiles('', row)))
      .filter((name: string) => present.has(name))
    for (const file of files) await rm(join(folder, file), { force: true })
    if (present.has(journalName))
      await forgetLines(join(folder, journalName), new Set(rows.map(({ erasure }) => erasure)))
    return files.length
  })
}

async function forgetLines(file: string, erasures: ReadonlySet<string>): Promise<void> {
  const lines = (await readFile(file, 'utf8')).split('\n')
  const kept = lines.filter((line) => !erasures.has(/"erasure":"(E-[0-9A-F]{8})"/.exec(line)?.[1] ?? ''))
  if (kept.length === lines.length) return
  const draft = `${file}.part`
  await writeFile(draft, kept.join('\n'), { mode: 0o600, flush: true })
  await rename(draft, file)
}
