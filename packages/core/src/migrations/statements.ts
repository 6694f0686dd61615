/** One statement of a migration. */
export interface Statement {
  /** What runs, without comments around it and without its semicolon. */
  text: string
  /** 1-based line of `text` in the file. */
  line: number
  /** `begin`, `commit` and their like; they would end the transaction that keeps a migration and its record together. */
  transactionControl: 'begin' | 'commit' | 'other' | undefined
}

export interface Script {
  statements: Statement[]
  /** What the history keeps, as the Supabase CLI does: each statement with the comments before it, and the comments at the end. */
  recorded: string[]
}

/**
 * Splits SQL as the server does: with PostgreSQL's own parser (libpg_query). Splitting by hand goes wrong on `begin atomic`
 * bodies, `E'\''` strings, nested comments, dollar signs in names and parenthesised rules (statements.test.ts has each).
 *
 * @returns `undefined` when that parser refuses the text: then the server has to judge it as a whole.
 */
export async function splitStatements(sql: string): Promise<Script | undefined> {
  // The parser takes an empty text for a mistake.
  if (sql.trim() === '') return { statements: [], recorded: [] }
  // Loaded on demand: 50 ms that only someone with pending migrations spends.
  const { parse } = await import('libpg-query')
  let parsed: Awaited<ReturnType<typeof parse>>
  try {
    parsed = await parse(sql)
  } catch {
    return undefined
  }
  // The parser counts bytes.
  const bytes = Buffer.from(sql)
  const statements: Statement[] = []
  const recorded: string[] = []
  let previousEnd = 0
  let line = 1
  let counted = 0
  for (const { stmt, stmt_location: start = 0, stmt_len: length } of parsed.stmts ?? []) {
    const end = length === undefined || length === 0 ? bytes.length : start + length
    const text = bytes.subarray(start, end).toString()
    const lead = text.length - text.trimStart().length
    const first = start + Buffer.byteLength(text.slice(0, lead))
    for (; counted < first; counted += 1) if (bytes[counted] === 0x0a) line += 1
    statements.push({
      text: text.trim(),
      line,
      transactionControl: transactionControl(stmt),
    })
    recorded.push(withoutSemicolons(bytes.subarray(previousEnd, end)))
    previousEnd = end
  }
  recorded.push(withoutSemicolons(bytes.subarray(previousEnd)))
  return { statements, recorded: recorded.filter((text) => text !== '') }
}

/** Between two statements stands at least one semicolon, and perhaps some more. */
function withoutSemicolons(bytes: Buffer): string {
  return bytes
    .toString()
    .replace(/^[\s;]+/, '')
    .trimEnd()
}

function transactionControl(node: object | undefined): Statement['transactionControl'] {
  const statement = (node as { TransactionStmt?: { kind?: string; options?: unknown[] } } | undefined)?.TransactionStmt
  if (statement === undefined) return undefined
  switch (statement.kind) {
    case 'TRANS_STMT_BEGIN':
    case 'TRANS_STMT_START':
      // `begin isolation level ...` asks for something that skipping it would not give.
      return statement.options === undefined ? 'begin' : 'other'
    case 'TRANS_STMT_COMMIT':
      return 'commit'
    case 'TRANS_STMT_SAVEPOINT':
    case 'TRANS_STMT_RELEASE':
    case 'TRANS_STMT_ROLLBACK_TO':
      return undefined
    default:
      return 'other'
  }
}
