import { join, resolve } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { ExitCode, type ExportProgress, type ExportResult, exportPerson, requireSetting } from '@journeys/core/ops'
import { z } from 'zod'
import { defineCommand } from '../command.ts'
import type { CommandContext } from '../context.ts'
import { flag, toggle } from '../flag.ts'
import { operatorName } from '../operator-name.ts'
import { formatDuration } from '../output/duration.ts'
import { renderHeader, renderNext } from '../output/header.ts'
import { labelled } from '../output/lines.ts'
import { formatBytes, formatCount, formatPlural } from '../output/number.ts'
import { renderTable } from '../output/table.ts'
import { shownPath } from '../shown-path.ts'

export const command = defineCommand({
  name: 'gdpr export',
  description:
    "Writes a copy of a person's data into a zip file (Art. 15 and 20 GDPR): every table that the personal-data map reaches, as JSON and " +
    'CSV with a JSON Schema, their uploaded files, a manifest with SHA-256 sums, and a page that explains it to them. All tables show ' +
    'one moment. Passwords, tokens and what names other people are left out; the page says so. The file can be read by you only, and an ' +
    'audit record says that it was made. A restriction or a legal hold does not stand in the way.',
  arguments: {
    user: flag(
      '<user>',
      "the person's id (uuid) or e-mail address",
      z.string().min(1, 'needs an id or an e-mail address'),
    ),
  },
  flags: {
    out: flag(
      '--out <file>',
      'where to write it; default: a new file in .journeys/exports',
      z.string().min(1, 'needs the name of a file').optional(),
    ),
    force: toggle('--force', 'replace the file when it is there already'),
    skipMissing: toggle('--skip-missing', 'go on when Storage has lost a file; exits with 3, and the export names it'),
  },
  document: z.object({
    user: z.object({ id: z.string(), email: z.string().nullable(), createdAt: z.string().nullable() }),
    file: z.string(),
    bytes: z.number(),
    sha256: z.string().describe('of the zip file'),
    snapshotAt: z.string().describe('all tables are as they were at this moment'),
    isBeingErased: z.boolean().describe('an erasure had begun: part of the data may have been gone'),
    rows: z.number(),
    tables: z.array(
      z.object({
        table: z.string(),
        rows: z.number(),
        json: z.string().describe('path within the zip file, below its one folder'),
        csv: z.string(),
        schema: z.string(),
        withheld: z.array(z.object({ column: z.string(), why: z.string() })),
      }),
    ),
    emptyTables: z.array(z.string()).describe('looked at, and nothing found'),
    files: z.number().describe('uploaded files in it'),
    missingFiles: z.array(z.object({ bucket: z.string(), name: z.string() })).describe('on record, lost by Storage'),
    auditId: z.number().describe('the row of private.audit_log that says that it was made'),
  }),
  examples: [
    { words: 'gdpr export anna@example.org', says: 'into .journeys/exports' },
    { words: 'gdpr export anna@example.org --out anna.zip --env staging', says: 'into a file of that name' },
  ],
  resume: 'nothing of the file is left; run journeys gdpr export again',
  async run(context, { user, out, force, skipMissing }) {
    stayYoung()
    const { config } = await context.config()
    const environment = await context.environment()
    const result = await exportPerson(
      {
        database: await context.database(),
        config,
        environment,
        storage: () => ({
          url: requireSetting(environment, 'supabaseUrl'),
          serviceRoleKey: requireSetting(environment, 'serviceRoleKey'),
        }),
        actor: operatorName(context.processEnv),
        onProgress: progressTo(context),
        signal: context.signal,
      },
      user,
      {
        file: out === undefined ? ({ id }) => defaultFile(context, id) : resolve(context.cwd, out),
        force,
        skipMissing,
      },
    )
    const document = presentable(result, context.cwd)
    return { document, exitCode: document.missingFiles.length > 0 ? ExitCode.findings : ExitCode.ok }
  },
  render(document, look, { environment, durationMs }) {
    const { user, file, bytes, sha256, rows, tables, files, missingFiles, auditId } = document
    const { paint, width } = look
    const label = (name: string, text: string) => labelled(`  ${name}`, text, { column: 12, width })
    const withheld = tables.flatMap(({ table, withheld }) => withheld.map(({ column }) => `${table}.${column}`))
    const right = missingFiles.length > 0 ? paint.yellow('files missing') : paint.green('written')
    return [
      renderHeader(['Journeys export', environment, user.email ?? user.id], right, look),
      '',
      renderTable(
        [
          { heading: 'table', flexible: true },
          { heading: 'rows', align: 'right' },
        ],
        tables.map((one) => [one.table, formatCount(one.rows)]),
        look,
      ),
      '',
      label('holds', `${formatPlural(rows, 'row')} and ${formatPlural(files, 'uploaded file')}`),
      ...missingFiles.map(({ bucket, name }) =>
        label(paint.yellow('missing'), `${bucket}/${name}: Storage has lost it`),
      ),
      ...(document.isBeingErased
        ? [label(paint.yellow('note'), 'an erasure of this person has begun: part of their data may be gone already')]
        : []),
      label('left out', withheld.length > 0 ? withheld.join(', ') : 'no column'),
      label('file', `${file} (${formatBytes(bytes)}, in ${formatDuration(durationMs)})`),
      label('sha-256', sha256),
      label('audit', `record ${auditId}`),
      '',
      "It holds the person's whole data: hand it over safely, and delete it here afterwards.",
      renderNext([`unzip ${quoted(file)}   # then in its folder: sha256sum -c SHA256SUMS`], look),
    ].join('\n')
  },
})

/**
 * Rows pass through and are gone. V8 would give such traffic ever more room, some 30 MiB, before it looks for what can go; with what it
 * has at the start it looks more often, for the same time in all (measured with 100,000 entries).
 */
function stayYoung(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
}

function quoted(path: string): string {
  return /^[\w./@%+,:-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
}

function defaultFile(context: CommandContext, id: string): string {
  const time = new Date().toISOString().replace(/\..*$/, '').replaceAll('-', '').replaceAll(':', '').replace('T', '-')
  return join(context.workdir(), '.journeys', 'exports', `person-${id.slice(0, 8)}-${time}.zip`)
}

/** `rows 42 000 of 100 000 · 31 000/s · 2 s left   public.journal_entries` */
function progressTo({ output }: CommandContext): (progress: ExportProgress) => void {
  const began = new Map<string, number>()
  return ({ what, table, done, total }) => {
    const now = performance.now()
    const since = began.get(what) ?? now
    began.set(what, since)
    const rate = (done / Math.max(1, now - since)) * 1000
    const left = rate > 0 && now - since > 1000 ? ` · ${formatDuration(((total - done) / rate) * 1000)} left` : ''
    const pace = now - since > 200 ? ` · ${formatCount(rate)}/s${left}` : ''
    output.progress.show(`${what} ${formatCount(done)} of ${formatCount(total)}${pace}${table ? `   ${table}` : ''}`)
  }
}

function presentable(result: ExportResult, cwd: string) {
  const { person, snapshotAt, isBeingErased, tables, emptyTables, uploads, file, bytes, sha256, auditId } = result
  return {
    user: { ...person, createdAt: person.createdAt?.toISOString() ?? null },
    file: shownPath(file, cwd),
    bytes,
    sha256,
    snapshotAt: snapshotAt.toISOString(),
    isBeingErased,
    rows: tables.reduce((sum, { rows }) => sum + rows, 0),
    tables: tables.map(({ table, rows, json, csv, schema, withheld }) => ({
      table,
      rows,
      json,
      csv,
      schema,
      withheld,
    })),
    emptyTables,
    files: uploads.filter(({ path }) => path !== null).length,
    missingFiles: uploads.filter(({ path }) => path === null).map(({ bucket, name }) => ({ bucket, name })),
    auditId,
  }
}
