import { serverError } from '../database/database-error.ts'
import { ExitCode, JourneysError } from '../errors.ts'
import type { MigrationFile } from './migration-file.ts'
import type { Statement } from './statements.ts'

/** Names the file, the statement, the line and the server's words. Without `at`, the whole file ran as one. */
export function migrationFailure(
  file: MigrationFile,
  sql: string,
  error: unknown,
  at?: { statement: Statement; number: number; total: number },
): JourneysError {
  const server = serverError(error)
  // The connection itself failed: its own error says more.
  if (server === undefined && error instanceof JourneysError) return error
  if (server !== undefined && /^(08|57P)/.test(server.code) && error instanceof JourneysError) return error
  const text = at?.statement.text ?? sql
  const line = (at?.statement.line ?? 1) + linesBefore(text, server?.position)
  const where = at ? `statement ${at.number} of ${at.total}, line ${line}` : `line ${line}`
  const said = server?.message ?? (error instanceof Error ? error.message : String(error))
  return new JourneysError('migration_failed', `Migration ${file.file} failed at ${where}: ${said}`, {
    detail: [
      server?.detail,
      server?.where,
      lineOfFile(sql, line),
      server && `SQLSTATE ${server.code}`,
      'nothing of this migration was applied; the ones before it were',
    ]
      .filter(Boolean)
      .join('\n'),
    hint: failureHint(file, server?.code, server?.hint),
    exitCode: ExitCode.failed,
    cause: error,
  })
}

function failureHint(file: MigrationFile, code: string | undefined, serverHint: string | undefined): string {
  const again = 'then: journeys migrate up'
  if (code === '25001') {
    return `a migration runs in one transaction, here as with supabase db push: take what cannot (concurrently, vacuum) out of ${file.file}, ${again}`
  }
  if (code === '55P03') {
    return `another session holds the lock: journeys health --only blocked-queries,long-running-queries, ${again}`
  }
  return `${serverHint ? `${serverHint}; ` : ''}correct ${file.file}, ${again}`
}

/** The server counts characters, JavaScript UTF-16 units: an emoji before the error must not shift the line. */
function linesBefore(text: string, position: number | undefined): number {
  if (position === undefined) return 0
  return Array.from(text)
    .slice(0, position - 1)
    .filter((character) => character === '\n').length
}

function lineOfFile(sql: string, line: number): string | undefined {
  const text = sql.split('\n')[line - 1]?.trim()
  return text ? `${line} | ${text.slice(0, 160)}` : undefined
}
