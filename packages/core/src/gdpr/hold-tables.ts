import { suggestion } from '../config/suggestion.ts'
import type { Queryable } from '../database/connection.ts'
import { ExitCode, JourneysError } from '../errors.ts'

/**
 * The tables whose rows the database guards, as a hold names them: schema.table, a partitioned one by its parent. A hold on another one
 * would be a promise that nobody keeps.
 */
export async function holdableTables(queryable: Queryable): Promise<string[]> {
  const { rows } = await queryable.query<{ table: string }>(
    `select distinct n.nspname || '.' || c.relname as "table"
     from pg_catalog.pg_trigger t
     join pg_catalog.pg_class c on c.oid = t.tgrelid
     join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where t.tgfoid in (to_regproc('private.guard_person'), to_regproc('private.guard_object')) and not c.relispartition
     order by 1`,
  )
  return rows.map(({ table }) => table)
}

/**
 * Typed names as the database has them: `journal_entries` is `public.journal_entries`. Each once, in order.
 *
 * @throws JourneysError `hold_table_unknown` (exit code 2), with what was probably meant
 */
export async function resolveHeldTables(queryable: Queryable, typed: readonly string[]): Promise<string[]> {
  const known = await holdableTables(queryable)
  const resolved = typed.map((name) => {
    const wanted = name.trim()
    const found = [wanted, `public.${wanted}`].find((one) => known.includes(one))
    if (found === undefined) throw unknownTable(wanted, known)
    return found
  })
  return [...new Set(resolved)].sort()
}

function unknownTable(typed: string, known: readonly string[]): JourneysError {
  const names = typed.includes('.') ? known : known.map((table) => table.replace(/^public\./, ''))
  const meant = suggestion(typed, [...names])
  return new JourneysError(
    'hold_table_unknown',
    `A hold cannot be placed on ${JSON.stringify(typed)}; nothing was changed`,
    {
      detail: `it takes: ${known.join(', ')}`,
      hint: meant.startsWith('did you mean') ? meant : 'leave --tables out to hold everything, the account included',
      exitCode: ExitCode.usage,
    },
  )
}
