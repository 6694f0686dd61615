import type { Counters, StatementCounters } from './counters.ts'
import type { StatementUsage } from './server-side.ts'
import { statementTitle } from './statement-title.ts'

export interface StatementChange {
  readonly id: string
  readonly role: string
  readonly top: boolean
  readonly calls: number
  readonly ms: number
  readonly rows: number
  readonly pages: number
}

export interface StatementsChange {
  /** That were called, by time spent, the longest first. */
  readonly statements: StatementChange[]
  /** Of all statements that no function called. */
  readonly totalMs: number
  readonly notes: string[]
}

/** What was run between two readings, without the load test's own statements. */
export function statementsChange(before: Counters, after: Counters): StatementsChange | undefined {
  if (after.statements === undefined || after.statementsInfo === undefined || before.statements === undefined)
    return undefined
  const notes: string[] = []
  const reset = before.statementsInfo?.reset !== after.statementsInfo.reset
  if (reset) {
    notes.push(
      'pg_stat_statements began anew during the run (a crash does that, and so does a reset): its statements are of the time since then.',
    )
  } else if (after.statementsInfo.dealloc > (before.statementsInfo?.dealloc ?? 0)) {
    notes.push('pg_stat_statements had no room for all statements (pg_stat_statements.max): rare ones are missing.')
  }
  const earlier = new Map(reset ? [] : before.statements.map((statement) => [keyOf(statement), statement]))
  const statements: StatementChange[] = []
  for (const statement of after.statements) {
    if (statement.own) continue
    const then = earlier.get(keyOf(statement))
    const calls = statement.calls - (then?.calls ?? 0)
    if (calls <= 0) continue
    statements.push({
      id: statement.id,
      role: statement.role ?? '?',
      top: statement.top,
      calls,
      ms: Math.max(0, statement.ms - (then?.ms ?? 0)),
      rows: statement.rows - (then?.rows ?? 0),
      pages: statement.pages - (then?.pages ?? 0),
    })
  }
  statements.sort((a, b) => b.ms - a.ms)
  const totalMs = statements.filter(({ top }) => top).reduce((sum, { ms }) => sum + ms, 0)
  return { statements, totalMs, notes }
}

/** @param texts of the statements, by their id */
export function statementUsage(
  change: StatementChange,
  totalMs: number,
  texts: ReadonlyMap<string, string>,
): StatementUsage {
  const { role, top, calls, ms, rows, pages } = change
  const text = texts.get(change.id) ?? ''
  return {
    title: text === '' ? `statement ${change.id}` : statementTitle(text),
    text,
    role,
    nested: !top,
    calls,
    totalMs: ms,
    meanMs: ms / calls,
    rows,
    share: totalMs > 0 ? ms / totalMs : 0,
    pagesPerCall: pages / calls,
  }
}

function keyOf({ id, role, top }: StatementCounters): string {
  return `${id} ${role} ${top}`
}
