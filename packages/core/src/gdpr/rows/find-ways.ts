import { decisionsOf, type PersonalDataMap } from '../map.ts'
import { looksLikePerson } from '../map-person-column.ts'
import type { Column, Edge, Reach } from '../map-reach.ts'
import type { Way } from './way.ts'
import { isText } from './way-sql.ts'

const account = 'auth.users'

/** Ways that neither a name nor a foreign key shows. */
const knownWays: Record<string, { by: 'folder' | 'mention' | 'hash'; column: string }> = {
  'private.audit_log': { by: 'hash', column: 'subject_hash' },
  'storage.objects': { by: 'folder', column: 'name' },
  'storage.prefixes': { by: 'folder', column: 'name' },
  'storage.s3_multipart_uploads': { by: 'folder', column: 'key' },
  'storage.s3_multipart_uploads_parts': { by: 'folder', column: 'key' },
  'auth.audit_log_entries': { by: 'mention', column: 'payload' },
}

/** What the search for ways looks at. */
export interface Ground {
  reach: Reach
  map: PersonalDataMap
}

/**
 * Every way in which a row of a table leads to a person. What a foreign key says goes before what a name suggests: a row whose `user_id`
 * refers to Ben's account is Ben's, whoever is in its `approved_by`. And a foreign key to a row of theirs is a way only for rows that
 * name nobody else: the answer to a letter belongs to whoever wrote it.
 */
export function findWays(table: string, ground: Ground, passed: ReadonlySet<string> = new Set()): Way[] {
  const columns = ground.reach.relations.get(table)?.columns ?? []
  if (table === account) {
    return columns.filter(({ name }) => name === 'id').map((column) => ({ by: 'id', column, others: [] }))
  }
  const own = columns.filter((column) => isOwnWay(table, column, ground.reach))
  const proven = own.filter(({ name }) => holdsAccountId(table, name, ground.reach))
  const ways = proven.map((column): Way => ({ by: 'id', column, others: [] }))
  const known = knownWays[table]
  const knownColumn = columns.find(({ name }) => name === known?.column)
  if (known !== undefined && knownColumn !== undefined) {
    ways.push(
      known.by === 'mention'
        ? { by: 'mention', column: knownColumn, others: [] }
        : { by: known.by, column: knownColumn },
    )
  }
  // Every row says itself whose it is.
  if (proven.some(({ notNull }) => notNull)) return ways
  for (const column of own) {
    if (proven.includes(column)) continue
    if (isJson(column)) ways.push({ by: 'mention', column, others: proven })
    else ways.push({ by: 'id', column, others: proven })
  }
  const ids = own.filter((column) => !column.isArray && (column.base === 'uuid' || isText(column)))
  for (const column of own.filter(isText)) {
    ways.push({ by: 'email', column, others: ids.filter((other) => other !== column) })
  }
  return [...ways, ...parentWays(table, ids, ground, new Set([...passed, table]))]
}

/** Columns that name people, and those of them for which no foreign key vouches. */
export function findPersonColumns(table: string, reach: Reach): { people: Column[]; unproven: Column[] } {
  if (table === account) return { people: [], unproven: [] }
  const people = (reach.relations.get(table)?.columns ?? []).filter((column) => isOwnWay(table, column, reach))
  return { people, unproven: people.filter(({ name }) => !holdsAccountId(table, name, reach)) }
}

function parentWays(table: string, others: Column[], ground: Ground, passed: ReadonlySet<string>): Way[] {
  const { reach } = ground
  const columns = reach.relations.get(table)?.columns ?? []
  return keysOf(table, reach).flatMap((key): Way[] => {
    if (passed.has(key.to) || key.columns.every((name) => holdsAccountId(table, name, reach))) return []
    if (!tellsAboutPerson(key.to, ground)) return []
    const ways = findWays(key.to, ground, passed)
    const [schema, ...name] = key.to.split('.')
    if (ways.length === 0 || schema === undefined) return []
    const here = key.columns.flatMap((one) => columns.find((column) => column.name === one) ?? [])
    const parent = { schema, name: name.join('.'), columns: key.toColumns, ways }
    return [{ by: 'parent', columns: here, parent, others }]
  })
}

/** Whether a column, by itself, can say whose a row is. */
function isOwnWay(table: string, column: Column, reach: Reach): boolean {
  if (holdsAccountId(table, column.name, reach)) return true
  // An id of something else, whatever it is called: its foreign key is the way.
  const isForeign = keysOf(table, reach).some(({ columns }) => columns.length === 1 && columns[0] === column.name)
  if (isForeign || looksLikePerson(column) === undefined) return false
  return isText(column) || isJson(column) || column.base === 'uuid' || column.base === 'bytea'
}

function isJson({ base, isArray }: Column): boolean {
  return !isArray && (base === 'json' || base === 'jsonb')
}

/** By foreign key, over as many tables as it takes: `user_id → profiles (user_id) → auth.users (id)`. */
function holdsAccountId(table: string, column: string, reach: Reach, passed: ReadonlySet<string> = new Set()): boolean {
  const here = `${table}.${column}`
  if (passed.has(here)) return false
  return keysOf(table, reach).some(({ columns, toColumns, to }) => {
    const place = columns.indexOf(column)
    const target = toColumns[place]
    if (target === undefined) return false
    if (to === account) return target === 'id'
    return holdsAccountId(to, target, reach, new Set([...passed, here]))
  })
}

/**
 * Whether there is more in a row than whose it is. What hangs on a row of which the map keeps everything but the owner (a bucket, a
 * team) is no more theirs than anybody's.
 */
function tellsAboutPerson(table: string, { reach, map }: Ground): boolean {
  const decided = decisionsOf(map, table)
  return (reach.relations.get(table)?.columns ?? []).some((column) => {
    const strategy = decided.get(column.name)?.decision.strategy
    if (strategy === 'erase' || strategy === undefined) return true
    return (strategy === 'overwrite' || strategy === 'keep') && !isOwnWay(table, column, reach)
  })
}

function keysOf(table: string, reach: Reach): Edge[] {
  return reach.foreignKeys.filter(({ from }) => from === table)
}
