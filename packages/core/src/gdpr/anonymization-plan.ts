import type { Database, Queryable } from '../database/connection.ts'
import { findPerson, type Person } from './person.ts'
import { countPersonalData, countStoredObjects, type TableCount } from './personal-data.ts'

/** What an erasure would do to one person's data. */
export interface AnonymizationPlan {
  user: Person
  erase: TableCount[]
  overwrite: TableCount[]
  keep: TableCount[]
  /** What it does not reach, in sentences. */
  notCovered: string[]
}

/**
 * Counts what `anonymizeUser` would change, in a READ ONLY transaction: the server itself refuses every change.
 * @param user uuid or e-mail address
 * @throws JourneysError as {@link findPerson}
 */
export async function planAnonymization(database: Database, user: string): Promise<AnonymizationPlan> {
  return await database.readOnly(async (transaction) => {
    const person = await findPerson(transaction, user)
    return { user: person, ...(await describe(transaction, person.id)) }
  })
}

/** The tables and the sentences of a plan, for a person known to exist. */
export async function describe(queryable: Queryable, id: string): Promise<Omit<AnonymizationPlan, 'user'>> {
  const { undecided, ...data } = await countPersonalData(queryable, id)
  const objects = await countStoredObjects(queryable, id)
  return { ...data, notCovered: notCovered(data.keep, undecided, objects) }
}

function notCovered(keep: TableCount[], undecided: TableCount[], storedObjects: number): string[] {
  const purchases = keep.find(({ table }) => table === 'public.purchases')?.count ?? 0
  return [
    ...undecided.map(
      ({ table, count, note }) => `${table}: ${plural(count, 'row')} that nobody has decided on; ${note}`,
    ),
    storedObjects > 0
      ? `Storage: ${plural(storedObjects, 'file')} of this person must be removed through the Storage API`
      : 'Storage: no file of this person is recorded; files without an owner are not searched',
    'Backups: they still hold the data until they expire; after restoring one, run this again',
    "Logs: those of the API, the database and the host may name the person's id or address until they expire",
    purchases > 0
      ? `Payment provider: it knows ${plural(purchases, 'purchase')} too, under the person's name; ask it to erase that`
      : 'Payment provider: asked separately, should it know this person',
    'Mail provider: asked separately; its lists and logs are not in this database',
    'Sign-in: a token already issued is accepted until it expires (an hour at most), and finds nothing to read or write',
    "Devices: what the app keeps on the person's own device stays there until the app is signed out",
  ]
}

function plural(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`
}
