import pg from 'pg'
import { type PersonalDataSettings, personalData } from '../../packages/core/src/config/personal-data.ts'
import { connect, type Database } from '../../packages/core/src/database/connection.ts'
import { personalDataMap } from '../../packages/core/src/gdpr/map.ts'
import type { PersonTable } from '../../packages/core/src/gdpr/rows/person-table.ts'
import { readPersonTables } from '../../packages/core/src/gdpr/rows/read-person-tables.ts'
import { type RowOwner, readRowOwner } from '../../packages/core/src/gdpr/rows/row-owner.ts'
import { createTestDatabase, createUser } from './database.ts'

type Decisions = PersonalDataSettings['tables']

/** A database with two people: Anna, about whom it is, and Ben, whose address holds hers as a part. */
export interface TwoPeople {
  /** Role `postgres`, as operators. */
  database: Database
  /** A superuser. */
  admin: pg.Client
  anna: RowOwner
  ben: RowOwner
  /** The tables of people, with these decisions over the built-in map. */
  tablesOf(decided?: Decisions): Promise<PersonTable[]>
  tableOf(name: string, decided?: Decisions): Promise<PersonTable>
  /** Every row, by its first column. */
  contents(table: string): Promise<Record<string, unknown>[]>
  end(): Promise<void>
}

export async function createTwoPeople(): Promise<TwoPeople> {
  const target = await createTestDatabase()
  const database = await connect(target.url)
  const admin = new pg.Client({ connectionString: target.superuserUrl })
  await admin.connect()
  const person = async (email: string) =>
    await readRowOwner(database, { id: await createUser(target, { email }), email })
  const tablesOf = async (decided: Decisions = {}) => {
    const { tables } = await readPersonTables(database, personalDataMap(personalData.parse({ tables: decided })))
    return tables
  }
  return {
    database,
    admin,
    anna: await person('Anna@Example.org'),
    ben: await person('joanna@example.org'),
    tablesOf,
    tableOf: async (name, decided) => {
      const found = (await tablesOf(decided)).find(({ table }) => table === name)
      if (found === undefined) throw new Error(`${name} is no table of a person`)
      return found
    },
    contents: async (table) => (await admin.query(`select * from ${table} order by 1`)).rows,
    end: async () => {
      await admin.end()
      await database.end()
      await target.drop()
    },
  }
}

/** All columns of a table, each erased. */
export function erased(columns: string): Record<string, 'erase'> {
  return Object.fromEntries(columns.split(' ').map((name) => [name, 'erase']))
}
