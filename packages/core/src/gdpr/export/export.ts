import { basename, resolve } from 'node:path'
import type { Config } from '../../config/schema.ts'
import type { Database, Queryable } from '../../database/connection.ts'
import { ExitCode, JourneysError } from '../../errors.ts'
import { longestKept } from '../../retention/rule.ts'
import type { StorageAccess } from '../erasure/context.ts'
import { personalDataMap } from '../map.ts'
import { findPerson, type Person } from '../person.ts'
import { readRowOwner } from '../rows/row-owner.ts'
import { type Archive, writeArchive } from './archive.ts'
import { type ExportFacts, renderChecksums, renderManifest, type TableExport } from './manifest.ts'
import { readPersonRows } from './person-rows.ts'
import { writePrivateFile } from './private-file.ts'
import { renderReadme } from './readme.ts'
import { addTable } from './table-files.ts'
import { addUploadedFiles, findUploadedFiles } from './uploaded-files.ts'

export interface ExportProgress {
  what: 'rows' | 'files'
  /** The table that is being read. */
  table?: string
  done: number
  total: number
}

export interface ExportContext {
  database: Database
  config: Pick<Config, 'personalData' | 'retention'>
  environment: { name: string }
  /** Asked for only when there are files. @throws JourneysError where no service key is at hand */
  storage: () => StorageAccess
  /** Who does it, for the audit log: a person's name, 1 to 200 characters. */
  actor: string
  onProgress?: ((progress: ExportProgress) => void) | undefined
  /** Ends it: nothing is left of the file. */
  signal?: AbortSignal | undefined
}

export interface ExportOptions {
  /** Where the zip file goes: an absolute path, or how to name it once it is known whom it is about. */
  file: string | ((person: Person) => string)
  /** Replaces a file that is there. @defaultValue false */
  force?: boolean
  /** A file that Storage has lost is named in the export instead of ending it. @defaultValue false */
  skipMissing?: boolean
}

export interface ExportResult extends ExportFacts {
  file: string
  bytes: number
  /** Of the zip file, hexadecimal: which one it was that was handed over. */
  sha256: string
  /** The row of `private.audit_log` that says so. */
  auditId: number
}

/**
 * Writes everything that the personal-data map reaches about one person into a zip file: each table as JSON and CSV with its JSON
 * Schema, the uploaded files, a manifest with checksums, and a page that explains it (Art. 15 and 20 GDPR). All tables are read in one
 * READ ONLY snapshot. In memory there is a batch of rows or a block of a file, never a table.
 *
 * Works as well for somebody whose data is restricted or held. Leaves either the whole file, readable by its owner only, and an audit
 * record, or nothing.
 * @param user uuid or e-mail address
 * @throws JourneysError as {@link findPerson}, {@link writePrivateFile} and {@link addUploadedFiles}; `export_unreadable` when the
 *   database role may not read a table
 */
export async function exportPerson(
  context: ExportContext,
  user: string,
  options: ExportOptions,
): Promise<ExportResult> {
  const person = await findPerson(context.database, user, { command: 'gdpr export' })
  const file = resolve(typeof options.file === 'string' ? options.file : options.file(person))
  return await writePrivateFile(file, { force: options.force ?? false }, async (output) => {
    const folder = basename(file).replace(/\.zip$/i, '') || 'export'
    const { result, bytes, sha256 } = await writeArchive(
      output,
      { folder, modified: new Date(), signal: context.signal },
      (archive) => fill(archive, context, person, options.skipMissing ?? false),
    )
    // Before the file has its name: there is no export that the log does not know of.
    const auditId = await record(context, result, { bytes, sha256 })
    return { ...result, file, bytes, sha256, auditId }
  })
}

async function fill(
  archive: Archive,
  context: ExportContext,
  person: Person,
  skipMissing: boolean,
): Promise<ExportFacts> {
  const { signal, onProgress } = context
  const { files, ...snapshot } = await inSnapshot(context, (transaction) =>
    readTables(archive, context, transaction, person),
  )
  // Outside the transaction: a snapshot that is held for as long as gigabytes take keeps the database from tidying up.
  const uploads =
    files.length === 0
      ? []
      : await addUploadedFiles(archive, context.storage(), files, {
          skipMissing,
          signal,
          onFile: (done) => onProgress?.({ what: 'files', done, total: files.length }),
        })
  const facts: ExportFacts = {
    person,
    environment: context.environment.name,
    ...snapshot,
    uploads,
    elsewhere: personalDataMap(context.config.personalData).byHand.map(({ title }) => title),
  }
  await archive.add('README.html', [renderReadme(facts)])
  await archive.add('manifest.json', [renderManifest(facts, archive.files)])
  await archive.add('SHA256SUMS', [renderChecksums(archive.files)])
  return facts
}

async function readTables(archive: Archive, context: ExportContext, transaction: Queryable, person: Person) {
  // What a value looks like must not depend on who made the database. An export takes as long as it takes.
  await transaction.query(
    "set local timezone = 'UTC'; set local datestyle = 'ISO'; set local intervalstyle = 'iso_8601'; " +
      "set local bytea_output = 'hex'; set local extra_float_digits = 1; set local statement_timeout = 0; " +
      'set local idle_in_transaction_session_timeout = 0',
  )
  // Erased between the first look and this snapshot: then there is nobody to write about.
  await findPerson(transaction, person.id, { command: 'gdpr export' })
  const { rows } = await transaction.query<{ at: Date; isBeingErased: boolean }>(
    `select statement_timestamp() as at,
       exists (select from private.processing_restrictions where user_id = $1 and kind = 'erasure') as "isBeingErased"`,
    [person.id],
  )
  const owner = await readRowOwner(transaction, person)
  const found = await readPersonRows(transaction, personalDataMap(context.config.personalData), owner)
  refuseUnreadable(found.filter(({ table }) => !table.mayRead).map(({ table }) => table.table))
  const counted: { of: (typeof found)[number]; rows: number }[] = []
  for (const of of found) {
    const { sql, values } = of.select('count(*) as count')
    const { rows } = await transaction.query<{ count: number }>(sql, values)
    counted.push({ of, rows: rows[0]?.count ?? 0 })
  }
  const filled = counted.filter(({ rows }) => rows > 0)
  const total = filled.reduce((sum, { rows }) => sum + rows, 0)
  const atMost = longestKept(context.config.retention)
  let done = 0
  const tables: TableExport[] = []
  for (const { of } of filled) {
    const one = await addTable(archive, transaction, of, atMost.get(of.table.table), (rows) => {
      context.signal?.throwIfAborted()
      context.onProgress?.({ what: 'rows', table: of.table.table, done: done + rows, total })
    })
    done += one.rows
    tables.push(one)
  }
  return {
    snapshotAt: rows[0]?.at ?? new Date(),
    isBeingErased: rows[0]?.isBeingErased ?? false,
    tables,
    emptyTables: counted.filter(({ rows }) => rows === 0).map(({ of }) => of.table.table),
    files: await findUploadedFiles(transaction, found),
  }
}

function refuseUnreadable(tables: readonly string[]): void {
  if (tables.length === 0) return
  throw new JourneysError('export_unreadable', 'The database role may not read everything; no export was made', {
    detail: tables.join(', '),
    hint: 'use the role postgres in DATABASE_URL, or grant it select on these tables',
    exitCode: ExitCode.failed,
  })
}

/** One READ ONLY snapshot; when somebody presses Ctrl-C, the server ends the statement that is under way. */
async function inSnapshot<T>(
  { database, signal }: ExportContext,
  work: (transaction: Queryable) => Promise<T>,
): Promise<T> {
  let failure: unknown
  return await database
    .readOnly(async (transaction) => {
      signal?.throwIfAborted()
      const { rows } = await transaction.query<{ pid: number }>('select pg_backend_pid() as pid')
      const cancel = () => {
        // A server that is gone needs no cancelling.
        database.query('select pg_cancel_backend($1)', [rows[0]?.pid]).catch(() => undefined)
      }
      signal?.addEventListener('abort', cancel, { once: true })
      try {
        return await work(transaction)
      } catch (error) {
        failure = error
        throw error
      } finally {
        signal?.removeEventListener('abort', cancel)
      }
    })
    .catch((error: unknown) => {
      // A full disk is not the database's fault, as which the transaction would report it.
      throw failure ?? error
    })
}

/** Counts, never content. */
async function record(
  { database, actor }: ExportContext,
  { person, tables, uploads }: ExportFacts,
  { bytes, sha256 }: { bytes: number; sha256: string },
): Promise<number> {
  const detail = {
    tables: Object.fromEntries(tables.map(({ table, rows }) => [table, rows])),
    files: uploads.length,
    bytes,
    sha256,
  }
  const { rows } = await database.query<{ id: number }>(
    `select private.record_audit('user.export', $1::uuid, $2::jsonb, $3) as id`,
    [person.id, JSON.stringify(detail), actor],
  )
  return rows[0]?.id ?? 0
}
