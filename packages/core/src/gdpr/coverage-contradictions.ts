import type { Queryable } from '../database/connection.ts'
import type { CoverageFinding, CoveredTable } from './coverage.ts'
import keysSql from './coverage-keys.sql'
import { columnOf, emptied, type Proposal, proposeErase } from './coverage-proposal.ts'
import { refusedByCheck, refusedByType, type WrittenValue, writtenValue } from './coverage-values.ts'
import { type Decision, describeDecision } from './map.ts'
import type { Column, Edge, Reach, Relation } from './map-reach.ts'

interface Key {
  kind: 'unique' | 'check'
  table: string
  name: string
  columns: string[]
  /** Of a check, as the server writes it. */
  expression: string | null
}

/** A table with what was decided about it. */
interface Subject {
  table: string
  relation: Relation
  decided: ReadonlyMap<string, Decision>
}

type Problem = Omit<CoverageFinding, 'kind' | 'table' | 'add'> & { add: Proposal[string] }

/** Decisions that cannot be carried out as they stand. Asks the server about values; writes nothing. */
export async function contradictions(
  transaction: Queryable,
  tables: readonly CoveredTable[],
  reach: Reach,
): Promise<CoverageFinding[]> {
  const subjects = new Map(tables.map((table) => [table.table, subjectOf(table, reach)]))
  const { rows: keys } = await transaction.query<Key>(keysSql, [[...subjects.keys()]])
  const findings: CoverageFinding[] = []
  for (const subject of subjects.values()) {
    const own = keys.filter(({ table }) => table === subject.table)
    const problems = [
      ...mixed(subject),
      ...impossible(subject),
      ...(await refused(transaction, subject, own)),
      ...collisions(subject, own),
      ...reach.foreignKeys
        .filter(({ from }) => from === subject.table)
        .flatMap((key) => againstForeignKey(subject, key, subjects.get(key.to))),
    ]
    for (const { add, ...problem } of problems) {
      findings.push({ kind: 'contradiction', table: subject.table, ...problem, add: { [subject.table]: add } })
    }
  }
  return findings
}

function subjectOf({ table, columns }: CoveredTable, reach: Reach): Subject {
  const relation = reach.relations.get(table)
  if (relation === undefined) throw new Error(`no table ${table}`)
  const decided = new Map(columns.flatMap(({ name, decision }) => (decision === null ? [] : [[name, decision]])))
  return { table, relation, decided }
}

/** The row is deleted or it stays; both at once is neither. */
function mixed({ table, relation, decided }: Subject): Problem[] {
  const of = (...strategies: string[]) =>
    [...decided].filter(([, { strategy }]) => strategies.includes(strategy)).map(([name]) => name)
  const erased = of('erase')
  const staying = of('keep', 'overwrite', 'unlink')
  if (erased.length === 0 || staying.length === 0) return []
  return [
    {
      columns: erased,
      summary: `${table} erases the row for ${erased[0]} and keeps it for ${staying[0]}`,
      why: 'erase deletes the whole row, and with it what the other columns are to keep',
      do: 'empty these columns instead, or erase the others too',
      add: Object.fromEntries(erased.map((name) => [name, emptied(columnOf(relation, name))])),
    },
  ]
}

/** What no value could do. */
function impossible({ table, relation, decided }: Subject): Problem[] {
  return [...decided].flatMap(([name, decision]): Problem[] => {
    const { strategy } = decision
    if (strategy !== 'overwrite' && strategy !== 'unlink') return []
    const column = columnOf(relation, name)
    const why =
      unwritable(relation, column) ?? (strategy === 'overwrite' ? wrongKind(relation, column, decision) : undefined)
    if (why !== undefined) {
      const add = relation.kind === 'materialized view' ? proposeErase(relation) : { [name]: emptied(column) }
      return [
        {
          columns: [name],
          summary: `${name} of ${table} cannot take: ${describeDecision(decision)}`,
          why,
          do: 'decide about it in another way',
          add,
        },
      ]
    }
    if (strategy === 'unlink' && column.notNull) {
      const isKey = column.base === 'uuid' || column.name.endsWith('_id')
      return [
        {
          columns: [name],
          summary: `${name} of ${table} is to be unlinked, and must not be null`,
          why: 'every erasure of somebody with a row here would fail',
          do: 'let it be null in a migration (alter column ... drop not null), or erase the rows',
          add: isKey ? proposeErase(relation) : { [name]: emptied(column) },
        },
      ]
    }
    return []
  })
}

function unwritable({ kind }: Relation, { generated, alwaysIdentity }: Column): string | undefined {
  if (kind === 'materialized view') return 'a materialized view is made again as a whole; nothing is written into it'
  if (generated) return 'the database computes it from other columns; nobody can write it'
  if (alwaysIdentity) return 'the database numbers the rows itself; nobody can write it'
  return undefined
}

function wrongKind(relation: Relation, column: Column, decision: Decision): string | undefined {
  if ('dayOf' in decision && decision.dayOf !== undefined) {
    const source = relation.columns.find(({ name }) => name === decision.dayOf)
    if (source === undefined) return `there is no column ${decision.dayOf}`
    const isTime = ({ base, isArray }: Column) => !isArray && /^(date|timestamp|timestamptz)$/.test(base)
    if (!isTime(source) || !isTime(column)) return 'only a date or a moment has a day'
    return column.notNull && !source.notNull ? `${source.name} may be null, and this column must not` : undefined
  }
  if ('random' in decision && column.base !== 'uuid' && !/^(text|varchar|bpchar|citext)$/.test(column.base)) {
    return `it is of the type ${column.type}, which holds no uuid`
  }
  return undefined
}

/** Asks the server: each value alone for its type, and together for the checks whose columns are all known. */
async function refused(transaction: Queryable, { table, relation, decided }: Subject, keys: Key[]): Promise<Problem[]> {
  const problems: Problem[] = []
  const values = new Map<string, WrittenValue>()
  for (const [name, decision] of decided) {
    const column = columnOf(relation, name)
    if (unwritable(relation, column) !== undefined || wrongKind(relation, column, decision) !== undefined) continue
    const value = writtenValue(column, decision)
    if (value === undefined) continue
    // A null that a column does not take is told as what it is: see `impossible`.
    const why = decision.strategy === 'overwrite' ? await refusedByType(transaction, value) : undefined
    if (why === undefined && !(value.text === null && column.notNull)) values.set(name, value)
    if (why !== undefined) problems.push(cannotTake(table, [name], decided, why, { [name]: emptied(column) }))
  }
  for (const { kind, name, columns, expression } of keys) {
    const known = columns.flatMap((column) => values.get(column) ?? [])
    if (kind !== 'check' || expression === null || known.length < columns.length) continue
    if (!(await refusedByCheck(transaction, expression, known))) continue
    const add = Object.fromEntries(known.map(({ column }) => [column.name, emptied(column)]))
    problems.push(cannotTake(table, columns, decided, `the check ${name} refuses it`, add))
  }
  return problems
}

function cannotTake(
  table: string,
  columns: string[],
  decided: ReadonlyMap<string, Decision>,
  why: string,
  add: Problem['add'],
): Problem {
  const what = columns.map((name) => describeDecision(decided.get(name) ?? { strategy: 'unlink' })).join(', ')
  return {
    columns,
    summary: `${columns.join(', ')} of ${table} cannot take: ${what}`,
    why,
    do: 'write a value that the database takes; this is a proposal, run coverage again',
    add,
  }
}

/** The same value in every row of a unique key: the second erasure would fail, or the second row of the first. */
function collisions({ table, relation, decided }: Subject, keys: Key[]): Problem[] {
  return keys.flatMap(({ kind, name, columns }): Problem[] => {
    if (kind !== 'unique') return []
    const isConstant = (column: string) => {
      const decision = decided.get(column)
      return decision?.strategy === 'overwrite' && 'value' in decision && decision.value !== null
    }
    // Null is like no other null, and a random uuid like no other uuid: either makes the key differ.
    const differs = (column: string) => {
      const decision = decided.get(column)
      if (decision?.strategy === 'unlink') return true
      return decision?.strategy === 'overwrite' && ('random' in decision || decision.value === null)
    }
    const constant = columns.filter(isConstant)
    if (constant.length === 0 || columns.some(differs)) return []
    const add = Object.fromEntries(
      constant.map((column): [string, Problem['add'][string]] => [
        column,
        columnOf(relation, column).notNull
          ? { strategy: 'overwrite', random: 'uuid' }
          : emptied(columnOf(relation, column)),
      ]),
    )
    return [
      {
        columns: constant,
        summary: `${constant.join(', ')} of ${table} would be the same in every row, and ${name} wants each once`,
        why: 'the second row would be refused',
        do: 'write something different into each row, or nothing',
        add,
      },
    ]
  })
}

function againstForeignKey(subject: Subject, key: Edge, parent: Subject | undefined): Problem[] {
  const { table, relation, decided } = subject
  const decisions = key.columns.flatMap((name) => decided.get(name) ?? [])
  // What is undecided is another finding.
  if (decisions.length < key.columns.length) return []
  const strategies = decisions.map(({ strategy }) => strategy)
  if (strategies.includes('erase')) return []
  const columns = key.columns
  const names = columns.join(', ')
  const release = () =>
    columns.some((name) => !columnOf(relation, name).notNull)
      ? Object.fromEntries(
          columns.filter((name) => !columnOf(relation, name).notNull).map((name) => [name, 'unlink' as const]),
        )
      : proposeErase(relation)
  if (decisions.some((one) => one.strategy === 'overwrite' && 'random' in one)) {
    const why = `the foreign key ${key.constraint} wants it to be found in ${key.to}`
    return [{ ...cannotTake(table, columns, decided, why, release()), do: 'unlink it instead' }]
  }
  if (strategies.includes('unlink')) return []
  // Only where the row that it refers to goes with the person.
  if (parent === undefined || ![...parent.decided.values()].some(({ strategy }) => strategy === 'erase')) return []
  const consequence = {
    delete: `deletes these rows with those of ${key.to}: they would not stay`,
    unlink: `empties ${names} with the rows of ${key.to}: it would not stay as it is`,
    refuse: `keeps the rows of ${key.to} from being erased`,
  }[key.onDelete ?? 'refuse']
  return [
    {
      columns,
      summary: `${names} of ${table} is to stay as it is, and refers to what is erased in ${key.to}`,
      why: `the foreign key ${key.constraint} ${consequence}`,
      do: 'unlink it, or erase the row with the person',
      add: release(),
    },
  ]
}
