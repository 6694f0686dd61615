import type { Database, Queryable } from '../database/connection.ts'
import { retryTransient } from '../database/retry.ts'
import { ExitCode, JourneysError } from '../errors.ts'
import { migrationFailure } from './failure.ts'
import { ensureHistory, isRecorded, record } from './history.ts'
import { type Migration, type MigrationFile, readMigration, readMigrationFolder } from './migration-file.ts'
import { type Script, type Statement, splitStatements } from './statements.ts'
import { migrationStatus } from './status.ts'

export interface MigrationProgress {
  kind: 'start' | 'applied' | 'already-applied' | 'retry'
  version: string
  name: string
  /** 1-based, of `total` pending ones. */
  number: number
  total: number
  /** With `applied`. */
  ms?: number
  /** With `retry`: what the server said. */
  reason?: string
}

export interface MigrateUpOptions {
  /** Lists what is pending, in a READ ONLY transaction. @defaultValue false */
  dryRun?: boolean
  /** How long a statement waits for a lock before the migration is tried again. @defaultValue 5000 */
  lockTimeoutMs?: number
  onProgress?: (progress: MigrationProgress) => void
  signal?: AbortSignal
}

export interface MigrateUpResult {
  /** What this run applied, in order. */
  applied: (Migration & { ms: number })[]
  /** With `dryRun`: what a run would apply. Otherwise empty. */
  pending: Migration[]
  /** Things that did not stop the run, such as a file that is skipped for its name. */
  warnings: string[]
}

/** Any constant will do, as long as nobody else uses it: the CRC-32 of 'journeys migrate'. */
const advisoryLock = 0x6a_6f_75_72

/**
 * Applies every pending migration, each in one transaction with its record: killed at any moment, it leaves whole migrations
 * only. Two runs at once apply each migration once.
 *
 * @param folder usually `<workdir>/supabase/migrations`
 * @throws JourneysError `migrations_inconsistent` (exit code 2) when folder and history contradict each other, `migration_failed`
 *   naming file, statement, line and the server's words, `interrupted` (exit code 130) when `signal` was aborted.
 */
export async function migrateUp(
  database: Database,
  folder: string,
  options: MigrateUpOptions = {},
): Promise<MigrateUpResult> {
  const status = await migrationStatus(database, folder)
  const blocking = status.problems.filter((problem) => problem.blocking)
  const [first] = blocking
  if (first !== undefined) {
    throw new JourneysError('migrations_inconsistent', 'The migrations and the history of the database do not fit', {
      detail: blocking.map(({ message }) => message).join('\n'),
      hint: first.hint,
      exitCode: ExitCode.usage,
    })
  }
  const warnings = status.problems.map(({ message, hint }) => `${message}; ${hint}`)
  if (options.dryRun || status.pending.length === 0) return { applied: [], pending: status.pending, warnings }

  await database.transaction(async (transaction) => {
    await lock(transaction)
    await ensureHistory(transaction)
  })
  const pending = new Set(status.pending.map(({ version }) => version))
  const files = (await readMigrationFolder(folder)).files.filter(({ version }) => pending.has(version))
  const applied: MigrateUpResult['applied'] = []
  for (const [index, file] of files.entries()) {
    const { version, name } = file
    const progress = { version, name, number: index + 1, total: files.length }
    throwIfInterrupted(options.signal, applied.length, files.length)
    options.onProgress?.({ kind: 'start', ...progress })
    const started = performance.now()
    const sql = await readMigration(file)
    const script = await splitStatements(sql)
    const didApply = await retryTransient(() => applyOne(database, file, sql, script, options), {
      signal: options.signal,
      onRetry: (_, error) => options.onProgress?.({ kind: 'retry', ...progress, reason: retryReason(error) }),
    }).catch((error: unknown) => {
      throwIfInterrupted(options.signal, applied.length, files.length)
      throw error
    })
    const ms = Math.round(performance.now() - started)
    if (didApply) applied.push({ version, name, ms })
    options.onProgress?.({ kind: didApply ? 'applied' : 'already-applied', ...progress, ms })
  }
  return { applied, pending: [], warnings }
}

/** @returns false when another run was faster. */
async function applyOne(
  database: Database,
  file: MigrationFile,
  sql: string,
  script: Script | undefined,
  options: MigrateUpOptions,
): Promise<boolean> {
  const body = script && withoutOuterTransaction(file, script.statements)
  return await database.transaction(async (transaction) => {
    await lock(transaction)
    if (await isRecorded(transaction, file.version)) return false
    const stopCancelling = await cancelOnAbort(database, transaction, options.signal)
    try {
      // `set local`: the next migration, and whoever uses this connection next, must not inherit it.
      await transaction.query("select set_config('lock_timeout', $1, true)", [`${options.lockTimeoutMs ?? 5000}ms`])
      if (body === undefined) await runWhole(transaction, file, sql)
      else await runEach(transaction, file, sql, body)
      // Whatever the file set for its session (pg_dump empties search_path) ends with it.
      await transaction.query('reset session authorization; reset role; reset all')
      await record(transaction, file, script?.recorded ?? [sql.trim()])
    } finally {
      stopCancelling()
    }
    return true
  })
}

async function runEach(
  transaction: Queryable,
  file: MigrationFile,
  sql: string,
  statements: Statement[],
): Promise<void> {
  for (const [index, statement] of statements.entries()) {
    await transaction.query(statement.text).catch((error: unknown) => {
      throw migrationFailure(file, sql, error, { statement, number: index + 1, total: statements.length })
    })
  }
}

/** The parser could not split it, so the server gets the file as it is: it accepts it or says where it does not. */
async function runWhole(transaction: Queryable, file: MigrationFile, sql: string): Promise<void> {
  const current = async () =>
    (await transaction.query<{ id: string }>('select pg_current_xact_id()::text as id')).rows[0]?.id
  const before = await current()
  await transaction.query(sql).catch((error: unknown) => {
    throw migrationFailure(file, sql, error)
  })
  if ((await current()) !== before) throw transactionControlError(file, undefined)
}

/** `begin; ...; commit;` around a whole file says what is the case anyway. Anywhere else it would tear the migration apart. */
function withoutOuterTransaction(file: MigrationFile, statements: Statement[]): Statement[] {
  const wrapped = statements[0]?.transactionControl === 'begin' && statements.at(-1)?.transactionControl === 'commit'
  const body = wrapped ? statements.slice(1, -1) : statements
  const control = body.find(({ transactionControl }) => transactionControl !== undefined)
  if (control !== undefined) throw transactionControlError(file, control)
  return body
}

function transactionControlError(file: MigrationFile, statement: Statement | undefined): JourneysError {
  const where = statement ? `line ${statement.line}: ${statement.text}` : 'a statement ends the transaction'
  return new JourneysError('migration_transaction', `Migration ${file.file} controls transactions itself`, {
    detail: where,
    hint: 'every migration runs in one transaction of its own: take the statement out, or make two files of it, then: journeys migrate up',
    exitCode: ExitCode.usage,
  })
}

async function lock(transaction: Queryable): Promise<void> {
  // A migration may take long, and so may waiting for the one that another run is applying.
  await transaction.query('set local statement_timeout = 0')
  await transaction.query('select pg_advisory_xact_lock($1)', [advisoryLock])
}

/** Ctrl-C during a long statement: the server is told to cancel it, from another connection. */
async function cancelOnAbort(database: Database, transaction: Queryable, signal: AbortSignal | undefined) {
  if (signal === undefined) return () => undefined
  const { rows } = await transaction.query<{ pid: number }>('select pg_backend_pid() as pid')
  const cancel = () => void database.query('select pg_cancel_backend($1)', [rows[0]?.pid]).catch(() => undefined)
  signal.addEventListener('abort', cancel, { once: true })
  return () => signal.removeEventListener('abort', cancel)
}

function throwIfInterrupted(signal: AbortSignal | undefined, applied: number, total: number): void {
  if (!signal?.aborted) return
  throw new JourneysError('interrupted', `Interrupted: ${applied} of ${total} migrations applied, the rest untouched`, {
    hint: 'journeys migrate up goes on from there',
    exitCode: ExitCode.interrupted,
  })
}

function retryReason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
