import pg from 'pg'

/**
 * Writes names as SQL identifiers, joined by dots: `sqlIdentifier('partitions', 'journal_entries_2026_11')`.
 * The only way in which a name that is not a literal of this repository gets into a statement; values travel as `$n`.
 */
export function sqlIdentifier(...path: [string, ...string[]]): string {
  return path.map((name) => pg.escapeIdentifier(name)).join('.')
}
