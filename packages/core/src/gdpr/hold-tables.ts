import { suggestion } from '../config/suggestion.ts'
import type { Queryable } from '../database/connection.ts'
import { ExitCode, JourneysError } from '../errors.ts'
import { readReach } from './map-reach.ts'

/** Where it does not matter whose rows they are: what is held keeps its account by itself, and the ledger keeps itself. */
const notHoldable = /^(private|supabase_migrations|retired)\.|^auth\.users$/

/** The tables that can hold something of a person, as a hold names them: schema.table, a partitioned one by its parent. */
export async function holdableTables(queryable: Queryable): Promise<string[]> {
  const { relations } = await readReach(queryable)
  return [...relations]
    .filter(([table, { kind, reachedBy }]) => kind === 'table' && reachedBy !== undefined && !notHoldable.test(table))
    .map(([table]) => table)
    .sort()
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
  const own = known.filter((table) => table.startsWith('public.')).map((table) => table.slice('public.'.length))
  const names = typed.includes('.') ? [...known] : own
  const meant = suggestion(typed, names)
  return new JourneysError(
    'hold_table_unknown',
    `No table ${JSON.stringify(typed)} holds data of a person; nothing was changed`,
    {
      detail: `there are: ${known.join(', ')}`,
      hint: meant.startsWith('did you mean')
        ? meant
        : 'leave --tables out to hold everything, or name one of these: journeys gdpr coverage',
      exitCode: ExitCode.usage,
    },
  )
}
