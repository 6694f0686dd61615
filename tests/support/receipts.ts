import type { SearchReport } from '@journeys/core/ops'
import { connect, type Database, type GdprKeys, gdprKeysOf, newGdprSecret } from '@journeys/core/ops'
import { insertEntry } from '../../packages/core/src/gdpr/ledger.ts'
import { type VerifiedReceipt, verifyReceipt } from '../../packages/core/src/gdpr/receipt/verify-receipt.ts'
import { type WrittenReceipt, writeReceipt } from '../../packages/core/src/gdpr/receipt/write-receipt.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'

/** A database, its keys, and erasures in its ledger that never happened, up to their receipts. */
export class ReceiptBench {
  readonly environment = { name: 'local' }
  private counter = 0

  private constructor(
    readonly target: TestDatabase,
    /** Superuser */
    readonly admin: Database,
    /** Role `postgres` */
    readonly database: Database,
    readonly secret: string,
    readonly keys: GdprKeys,
  ) {}

  static async create(): Promise<ReceiptBench> {
    const target = await createTestDatabase()
    const secret = newGdprSecret()
    return new ReceiptBench(
      target,
      await connect(target.superuserUrl),
      await connect(target.url),
      secret,
      gdprKeysOf([secret]),
    )
  }

  async drop(): Promise<void> {
    await this.database.end()
    await this.admin.end()
    await this.target.drop()
  }

  async clear(): Promise<void> {
    await this.tamper('delete from private.erasure_receipts; delete from private.erasure_ledger')
  }

  /** As somebody who is above the triggers. */
  async tamper(sql: string): Promise<void> {
    await this.admin.query(`set session_replication_role = replica; alter table private.erasure_receipts disable trigger user; ${sql};
      alter table private.erasure_receipts enable always trigger erasure_receipts_append_only;
      alter table private.erasure_receipts enable always trigger erasure_receipts_not_truncated;
      set session_replication_role = origin`)
  }

  /** An erasure as its steps leave it when the receipt is due. */
  async openErasure(options: { userId?: string; under?: GdprKeys; replays?: string } = {}): Promise<string> {
    this.counter += 1
    const id = `E-${this.counter.toString(16).padStart(8, '0').toUpperCase()}`
    const under = options.under ?? this.keys
    await insertEntry(this.database, under, {
      id,
      userId: options.userId ?? crypto.randomUUID(),
      sealed: under.current.seal('[]'),
      requestedAt: new Date('2026-11-01T09:00:00Z'),
      deadline: '1 month',
      actor: 'Ben',
      reason: undefined,
      planId: '7f3ac1000000',
      plan: {
        erase: [
          { table: 'public.profiles', rows: 1, columns: {} },
          { table: 'public.user_addictions', rows: 0, columns: {} },
        ],
        overwrite: [{ table: 'public.journal_entries', rows: 412, columns: {} }],
        unlink: [],
        keep: [{ table: 'public.purchases', rows: 3, columns: {}, ground: 'accounting law', until: '2036-12-31' }],
        storage: [{ bucket: 'journal-media', objects: 14, bytes: 1_234_567 }],
      },
      options: { keepStatistics: false },
      replays: options.replays,
    })
    await this.database.query(
      `insert into private.erasure_steps (erasure_id, step, position, state, attempts, started_at, finished_at, detail)
       values ($1, 'open', 0, 'done', 1, now(), now(), '{}'), ($1, 'rows public.profiles', 1, 'done', 2, now(), now(), '{"rows": 1}')`,
      [id],
    )
    await this.database.query(
      `insert into private.erasure_by_hand (erasure_id, step, title, todo) values ($1, 'backups', 'Backups', 'Wait.')`,
      [id],
    )
    return id
  }

  /** Its receipt, and the outcome in the ledger. */
  async finish(
    erasure: string,
    options: { outcome?: 'done' | 'partial'; under?: GdprKeys; finishedAt?: Date } = {},
  ): Promise<WrittenReceipt> {
    const { outcome = 'done', finishedAt = new Date() } = options
    return await this.database.transaction(async (transaction) => {
      const written = await writeReceipt(
        transaction,
        { keys: options.under ?? this.keys, environment: this.environment },
        {
          ...{
            erasure,
            outcome,
            finishedAt,
            search: exampleSearch,
            dismissed: [],
            storage: { buckets: 1, objects: 0 },
          },
          held: outcome === 'partial' ? [{ tables: ['public.purchases'], reviewOn: '2027-01-01' }] : [],
        },
      )
      await transaction.query(
        outcome === 'done'
          ? `update private.erasure_ledger set state = 'done', user_id = null, sealed = null, finished_at = $2 where id = $1`
          : `update private.erasure_ledger set state = 'partial', finished_at = $2 where id = $1`,
        [erasure, finishedAt],
      )
      return written
    })
  }

  verify(text: string): Promise<VerifiedReceipt> {
    return verifyReceipt({ database: this.database, keys: this.keys, environment: this.environment }, text)
  }
}

export const exampleSearch: SearchReport = {
  at: new Date('2026-11-23T14:02:00.123Z'),
  durationMs: 812.4,
  tables: 71,
  columns: 402,
  rows: 12_345,
  bytes: 9_876_543,
  terms: { id: 9, email: 1, phone: 0, name: 1, phrase: 50 },
  found: [],
  shared: [{ id: 'F-1A2B3C4D', kind: 'name', table: 'public.profiles', column: 'display_name', rows: 1, term: 10 }],
  notSearched: [],
  setAside: [{ table: 'private.erasure_ledger', column: 'user_id', why: 'emptied with the word done' }],
}
