import { connect, type Database, type SearchTerm } from '@journeys/core/ops'
import { createTestDatabase, type TestDatabase } from './database.ts'

export const id = '4b0e3c1a-5d2f-4e6b-8a7c-9d0e1f2a3b91'
export const email = 'Anna.Müller+diary@example.org'
export const name = 'Anna Müller'
export const phrase = 'today the harbour smelled of tar and oranges'
/** With all that JSON, arrays and XML write in another way. */
export const quoted = 'she said "never again" \\ and\nleft the café — at once'

/** What the tests of the search plant somewhere and look for. */
export const plantedTerms: readonly SearchTerm[] = [
  { kind: 'id', text: id },
  { kind: 'email', text: email },
  { kind: 'name', text: name },
  { kind: 'phrase', text: phrase },
  { kind: 'phrase', text: quoted },
  { kind: 'phone', text: '+33 6 12 34 56 78' },
]

export interface PlantedDatabase {
  target: TestDatabase
  /** Superuser */
  admin: Database
  /** Role `postgres` */
  database: Database
  /** Takes everything out of the schema `planted`. */
  clear(): Promise<void>
  drop(): Promise<void>
}

/** A database with a schema `planted` for tables of a test's own. */
export async function createPlantedDatabase(): Promise<PlantedDatabase> {
  const target = await createTestDatabase()
  const admin = await connect(target.superuserUrl)
  const database = await connect(target.url)
  const clear = async () => {
    await admin.query('drop schema if exists planted cascade; create schema planted authorization postgres')
  }
  await clear()
  return {
    ...{ target, admin, database, clear },
    async drop() {
      await database.end()
      await admin.end()
      await target.drop()
    },
  }
}
