import type { Queryable } from '../../database/connection.ts'
import { type DecidedColumn, decisionsOf, type PersonalDataMap } from '../map.ts'
import { type Column, type Reach, type Relation, readReach } from '../map-reach.ts'
import { childrenFirst } from './children-first.ts'
import { findPersonColumns, findWays } from './find-ways.ts'
import type { Assignment, OpenTable, PersonTable, PersonTables, Treatment } from './person-table.ts'
import factsSql from './relation-facts.sql'
import { tellsTreated } from './treated.ts'

interface Facts {
  table: string
  schema: string
  name: string
  isPartitioned: boolean
  partitionedBy: string[]
  mayRead: boolean
  mayDelete: boolean
  mayWrite: boolean
}

const account = 'auth.users'
/** Keeps everybody from writing for a person while they are being erased: gone a moment before the account, not earlier. */
const restrictions = 'private.processing_restrictions'
/** Only who placed it, or has the right to, ends it: never an erasure. */
const holds = 'private.legal_holds'

/** Where Storage keeps what belongs to a file. */
const storageTables = new Set(['storage.objects', 'storage.prefixes'])

/** In which column a table says when a row was made: the first that there is. */
const madeColumns =
  'created_at inserted_at made_at recorded_at at opened_at signed_at placed_at started_at date day'.split(' ')

/** Compares the personal-data map with the catalog: which tables can hold rows of a person, and what becomes of them. Changes nothing. */
export async function readPersonTables(queryable: Queryable, map: PersonalDataMap): Promise<PersonTables> {
  const reach = await readReach(queryable)
  const { rows: facts } = await queryable.query<Facts>(factsSql, [[...reach.relations.keys()]])
  const tables: PersonTable[] = []
  const open: OpenTable[] = []
  for (const fact of facts) {
    const relation = reach.relations.get(fact.table)
    if (relation === undefined) continue
    const decided = decisionsOf(map, fact.table)
    const ways = findWays(fact.table, { reach, map })
    const described = describe(fact, relation, decided)
    const { people, unproven } = findPersonColumns(fact.table, reach)
    const table = {
      ...described,
      ways,
      personColumns: people.map(({ name }) => name),
      // Where every column that names people is as good as the others, any of them makes a row theirs.
      namings: described.assignments.filter(
        ({ column }) => unproven.length < people.length && unproven.includes(column),
      ),
    }
    // What a hosted project may bring is ours only when something in it leads to a person.
    const isChosen = relation.columns.some(({ name }) => (decided.get(name)?.origin ?? 'hosted') !== 'hosted')
    if (relation.reachedBy === undefined && ways.length === 0 && !isChosen) continue
    const undecided = relation.columns.map(({ name }) => name).filter((name) => !decided.has(name))
    const why = relation.reachedBy ?? 'it is in the map'
    if (undecided.length > 0 && table.what !== 'erase' && relation.reachedBy !== undefined) {
      open.push({ kind: 'undecided', table, columns: undecided, why })
    }
    if (ways.length === 0) {
      if (table.what !== 'keep') open.push({ kind: 'no way', table, columns: writtenColumns(table, relation), why })
    } else if (undecided.length < relation.columns.length && concernsPerson(decided, relation)) {
      if (tellsTreated(table)) tables.push(table)
      else open.push({ kind: 'no end', table, columns: writtenColumns(table, relation), why })
    }
  }
  return {
    tables: ordered(tables, reach),
    open: open.sort((a, b) => (a.table.table < b.table.table ? -1 : 1)),
    keys: reach.foreignKeys,
  }
}

/** A table that says nothing about anybody is none of ours, whatever its columns are called. */
function concernsPerson(decided: ReadonlyMap<string, DecidedColumn>, { columns }: Relation): boolean {
  return columns.some(({ name }) => (decided.get(name)?.decision.strategy ?? 'not-personal') !== 'not-personal')
}

function describe(fact: Facts, relation: Relation, decided: ReadonlyMap<string, DecidedColumn>): PersonTable {
  const { table, schema, name } = fact
  const namesOf = (wanted: string) =>
    relation.columns
      .filter((column) => decided.get(column.name)?.decision.strategy === wanted)
      .map((column) => column.name)
  const assignments = relation.columns.flatMap((column) => assignmentOf(column, relation, decided))
  const written = new Set(assignments.map(({ column }) => column.name))
  const isErased = namesOf('erase').length > 0 && table !== holds
  const what: Treatment = isErased
    ? 'erase'
    : namesOf('overwrite').length > 0
      ? 'overwrite'
      : namesOf('unlink').length > 0
        ? 'unlink'
        : 'keep'
  const isView = relation.kind === 'materialized view'
  const madeAt = madeColumns.find((one) => relation.columns.some((column) => column.name === one && hasDay(column)))
  return {
    table,
    schema,
    name,
    kind: fact.isPartitioned ? 'partitioned table' : relation.kind,
    what,
    columns: isErased
      ? { overwritten: [], unlinked: [], kept: [] }
      : { overwritten: namesOf('overwrite'), unlinked: namesOf('unlink'), kept: namesOf('keep') },
    ...(isErased ? {} : keeping(table, relation, decided)),
    ...(madeAt === undefined ? {} : { madeAt }),
    madeAtHasZone: relation.columns.some((column) => column.name === madeAt && column.base === 'timestamptz'),
    viaAccount: table === account || table === restrictions,
    viaStorage: storageTables.has(table),
    ways: [],
    personColumns: [],
    namings: [],
    assignments: isErased ? [] : assignments,
    movesPartitions: fact.partitionedBy.some((column) => written.has(column)),
    mayRead: fact.mayRead,
    mayTreat: what === 'keep' || (isErased && !isView ? fact.mayDelete : fact.mayWrite),
  }
}

function assignmentOf(column: Column, relation: Relation, decided: ReadonlyMap<string, DecidedColumn>): Assignment[] {
  const decision = decided.get(column.name)?.decision
  if (decision?.strategy !== 'overwrite' && decision?.strategy !== 'unlink') return []
  const source = 'dayOf' in decision ? relation.columns.find(({ name }) => name === decision.dayOf) : undefined
  return [{ column, decision, ...(source === undefined ? {} : { source }) }]
}

function keeping(
  table: string,
  relation: Relation,
  decided: ReadonlyMap<string, DecidedColumn>,
): Pick<PersonTable, 'ground' | 'period'> {
  if (table === holds) return { ground: 'a legal hold, Art. 17(3)(e) GDPR: journeys gdpr hold remove ends it' }
  const kept = relation.columns.flatMap(({ name }) => {
    const decision = decided.get(name)?.decision
    return decision?.strategy === 'keep' ? [decision] : []
  })
  const [longest] = kept.map(({ period }) => period).sort((a, b) => roughDays(b) - roughDays(a))
  if (longest === undefined) return {}
  return { ground: [...new Set(kept.map(({ ground }) => ground))].join('; '), period: longest }
}

/** Only to tell which of two periods is the longer one. */
function roughDays(period: string): number {
  const [count, unit] = period.split(' ')
  const days = { day: 1, week: 7, month: 30.44, year: 365.25 }[String(unit).replace(/s$/, '')] ?? 0
  return Number(count) * days
}

function hasDay({ base, isArray }: Column): boolean {
  return !isArray && (base === 'date' || base === 'timestamp' || base === 'timestamptz')
}

function writtenColumns(table: PersonTable, relation: Relation): string[] {
  return table.what === 'erase'
    ? relation.columns.map(({ name }) => name)
    : table.assignments.map((one) => one.column.name)
}

function ordered(tables: PersonTable[], { foreignKeys }: Reach): PersonTable[] {
  const rank = ({ viaAccount, kind }: PersonTable) => (kind === 'materialized view' ? 2 : viaAccount ? 1 : 0)
  return childrenFirst(tables, foreignKeys).sort((a, b) => rank(a) - rank(b))
}
