import type { Queryable } from '../database/connection.ts'
import { sqlIdentifier } from '../database/identifier.ts'
import type { GdprProgress } from './erasure/context.ts'
import type { GdprKeys } from './key.ts'
import { looksLikePerson } from './map-person-column.ts'
import { type Column, readReach } from './map-reach.ts'

/** A place in which ids of people stand. */
export interface IdSource {
  /** As people read it: `accounts`, `folders in storage.objects`, `public.purchases.user_id`. */
  name: string
  kind: 'account' | 'folder' | 'column'
  /** A query with one column `id`: uuids as text, in lower case. */
  sql: string
}

export interface FoundPerson {
  /** uuid */
  userId: string
  subjectHash: string
  /** Names of the sources. */
  where: string[]
  hasAccount: boolean
}

export interface Scan {
  found: FoundPerson[]
  compared: { accounts: number; folders: number; columns: number; ids: number }
}

/** Rows a round trip: enough that the trips do not count, few enough that memory does not. */
const page = 5_000

const uuidText = "'^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'"

/** Every place of this database that holds ids of people, whoever put it there: accounts, folders of files, columns. */
export async function idSources(queryable: Queryable): Promise<IdSource[]> {
  const { relations, foreignKeys } = await readReach(queryable)
  const sources: IdSource[] = []
  if (relations.has('auth.users')) {
    sources.push({ name: 'accounts', kind: 'account', sql: 'select id::text as id from auth.users' })
  }
  for (const [table, column] of [
    ['storage.objects', 'name'],
    ['storage.prefixes', 'name'],
    ['storage.s3_multipart_uploads', 'key'],
  ] as const) {
    if (!relations.get(table)?.columns.some(({ name }) => name === column)) continue
    const folder = `lower(split_part(${sqlIdentifier(column)}, '/', 1))`
    const sql = `select distinct ${folder} as id from ${table} where ${folder} ~ ${uuidText}`
    sources.push({ name: `folders in ${table}`, kind: 'folder', sql })
  }
  const toAccounts = new Set(
    foreignKeys.flatMap(({ from, to, columns }) =>
      to === 'auth.users' ? columns.map((column) => `${from} ${column}`) : [],
    ),
  )
  for (const [table, { kind, columns }] of relations) {
    // The account itself comes first; the unfinished entries of the ledger are resumed, whoever they are about.
    if (kind === 'foreign table' || table === 'auth.users' || table === 'private.erasure_ledger') continue
    for (const column of columns) {
      const isPerson = toAccounts.has(`${table} ${column.name}`) || looksLikePerson(column) !== undefined
      const sql = isPerson ? columnQuery(table, column) : undefined
      if (sql !== undefined) sources.push({ name: `${table}.${column.name}`, kind: 'column', sql })
    }
  }
  return sources
}

/**
 * Goes through all ids once, page by page on the server's cursor, and makes of each what every key makes of it. Needs a transaction.
 * The memory that it takes does not depend on how many there are.
 */
export async function scanForPeople(
  transaction: Queryable,
  keys: Pick<GdprKeys, 'all'>,
  hashes: { has(subjectHash: string): boolean },
  options: { onProgress?: ((progress: GdprProgress) => void) | undefined; signal?: AbortSignal | undefined } = {},
): Promise<Scan> {
  const sources = await idSources(transaction)
  const found = new Map<string, FoundPerson>()
  const compared: Scan['compared'] = { accounts: 0, folders: 0, columns: 0, ids: 0 }
  // Reading a large table once takes longer than a statement may take elsewhere.
  await transaction.query('set local statement_timeout = 0')
  for (const [index, { name, kind, sql }] of sources.entries()) {
    let count = 0
    for await (const ids of pagesOf(transaction, sql)) {
      options.signal?.throwIfAborted()
      for (const userId of ids) {
        for (const key of keys.all) {
          const subjectHash = key.subjectHash(userId)
          if (hashes.has(subjectHash))
            note(found, { userId, subjectHash, where: [name], hasAccount: kind === 'account' })
        }
      }
      count += ids.length
      compared.ids += ids.length
      options.onProgress?.({
        step: `comparing ${name}`,
        done: count,
        unit: 'ids',
        note: `${index + 1} of ${sources.length}`,
      })
    }
    if (kind === 'account') compared.accounts += count
    else if (kind === 'folder') compared.folders += count
    else compared.columns += 1
  }
  return { found: [...found.values()], compared }
}

function note(found: Map<string, FoundPerson>, person: FoundPerson): void {
  const known = found.get(person.userId)
  if (known === undefined) {
    found.set(person.userId, person)
    return
  }
  if (!known.where.includes(person.where[0] ?? '')) known.where.push(...person.where)
  known.hasAccount ||= person.hasAccount
}

async function* pagesOf(transaction: Queryable, sql: string): AsyncGenerator<string[]> {
  await transaction.query(`declare ids no scroll cursor for ${sql}`)
  for (;;) {
    const { rows } = await transaction.query<{ id: string }>(`fetch ${page} from ids`)
    if (rows.length > 0) yield rows.map(({ id }) => id)
    if (rows.length < page) break
  }
  await transaction.query('close ids')
}

function columnQuery(table: string, { name, base, isArray }: Column): string | undefined {
  const [schema = '', ...rest] = table.split('.')
  const from = sqlIdentifier(schema, rest.join('.'))
  const column = sqlIdentifier(name)
  const value = isArray ? 'value' : column
  const source = isArray ? `${from} cross join lateral unnest(${column}) as one (value)` : from
  if (base === 'uuid') return `select distinct ${value}::text as id from ${source} where ${value} is not null`
  if (!['text', 'varchar', 'bpchar', 'citext'].includes(base)) return undefined
  return `select distinct lower(${value}::text) as id from ${source} where lower(${value}::text) ~ ${uuidText}`
}
