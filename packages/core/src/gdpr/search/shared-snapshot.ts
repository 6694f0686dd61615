import type { Database, Queryable } from '../../database/connection.ts'

/** How long one waits, as Postgres writes it. */
export interface Patience {
  /** @defaultValue 5s */
  lock?: string
  /** @defaultValue 30s */
  statement?: string
}

/** What one moment's database looked like, for several connections: as long as the transaction lasts that took it. */
export class SharedSnapshot {
  private constructor(
    private readonly database: Database,
    private readonly name: string,
    readonly at: Date,
  ) {}

  /** @throws JourneysError where a snapshot cannot be shared, as on a standby */
  static async take(database: Database, transaction: Queryable): Promise<SharedSnapshot> {
    // It waits while others work, perhaps for longer than an idle transaction may last elsewhere.
    await transaction.query('set local idle_in_transaction_session_timeout = 0')
    const { rows } = await transaction.query<{ name: string; at: Date }>(
      'select pg_export_snapshot() as name, now() as at',
    )
    const [taken] = rows
    if (taken === undefined || !/^[0-9A-F-]+$/.test(taken.name)) throw new TypeError('no snapshot was exported')
    return new SharedSnapshot(database, taken.name, taken.at)
  }

  /** One short READ ONLY transaction that sees it. */
  async within<T>(work: (queryable: Queryable) => Promise<T>, patience: Patience = {}): Promise<T> {
    const { lock = '5s', statement = '30s' } = patience
    return await this.database.readOnly(async (transaction) => {
      // In one message. Blocks are read by their number: a plan for a whole table would read it once for every few blocks. And rather
      // an error than rows that a policy hides.
      await transaction.query(
        `set transaction snapshot '${this.name}'; set local row_security = off; set local enable_seqscan = off; set local jit = off;
         set local bytea_output = 'hex'; set local lock_timeout = '${lock}'; set local statement_timeout = '${statement}'`,
      )
      return await work(transaction)
    })
  }
}
