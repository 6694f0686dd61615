import { createHash, randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import type pg from 'pg'
import type { Scenario, Visitor } from '../../packages/loadtest/src/scenarios/visitor.ts'
import type { TappedServer } from './server.ts'
import type { TappedStatement } from './wire-tap.ts'

/** One request of a scenario as PostgREST runs it: from `begin` to `commit`. */
export interface Transaction {
  /** Such as `POST journal_entries`. */
  readonly name: string
  readonly statements: readonly Statement[]
  /** The person that it was recorded with. */
  readonly person: string
}

interface Statement {
  readonly name: string
  readonly text: string
  readonly values: readonly (string | null)[]
}

/** Runs a scenario once for one person and returns the transactions that reached the database, in order. */
export async function recordScenario(server: TappedServer, scenario: Scenario, person: string): Promise<Transaction[]> {
  const token = await new SignJWT({ role: 'authenticated' })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(person)
    .setExpirationTime('5m')
    .sign(new TextEncoder().encode(server.jwtSecret))
  const recorded: Transaction[] = []
  const visitor: Visitor = {
    user: { id: person },
    pause: async () => undefined,
    wrote: () => undefined,
    check: (name, passed) => {
      if (!passed) throw new Error(`check failed: ${name}`)
    },
    async request(method, path, { name, body, headers }) {
      server.tap.take()
      const answer = await fetch(server.restUrl + path.replace('/rest/v1', ''), {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      })
      const text = await answer.text()
      if (!answer.ok) throw new Error(`${name}: ${answer.status} ${text}`)
      recorded.push({ name, person, statements: transactionIn(server.tap.take(), name) })
      return { status: answer.status, ok: true, text: () => text, json: () => JSON.parse(text) as unknown }
    },
  }
  await scenario(visitor)
  return recorded
}

function transactionIn(connections: TappedStatement[][], name: string): Statement[] {
  for (const statements of connections) {
    const begin = statements.findIndex(({ sql }) => /^begin\b/i.test(sql))
    const end = statements.findIndex(({ sql }) => /^commit\b/i.test(sql))
    if (begin >= 0 && end > begin) return statements.slice(begin, end + 1).map(repeatable)
  }
  throw new Error(`${name}: no transaction was seen`)
}

/** Postgres's numbers of the types that PostgREST names, as casts: `pg` leaves every type to the server, who may guess another. */
const casts: Record<number, string> = {
  114: 'json',
  3802: 'jsonb',
  25: 'text',
  17: 'bytea',
  16: 'boolean',
  20: 'bigint',
}

function repeatable({ sql, values, types }: TappedStatement): Statement {
  const text = sql.replace(/\$(\d+)/g, (parameter, number: string) => {
    const type = casts[types[Number(number) - 1] ?? 0]
    return type === undefined ? parameter : `${parameter}::${type}`
  })
  return { name: createHash('sha256').update(text).digest('hex').slice(0, 32), text, values }
}

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g

/** The same transaction for another person: their id in place of the first one's, every other id (a new row's, a key) a new one. */
export function forPerson({ statements, person, ...rest }: Transaction, other: string): Transaction {
  const ids = new Map([[person, other]])
  const replace = (id: string) => {
    const known = ids.get(id) ?? randomUUID()
    ids.set(id, known)
    return known
  }
  return {
    ...rest,
    person: other,
    statements: statements.map((one) => ({
      ...one,
      values: one.values.map((value) => value?.replace(uuid, replace) ?? null),
    })),
  }
}

/** Runs it statement by statement, each prepared once for the connection, as PostgREST does. */
export async function run(client: pg.ClientBase, { statements }: Transaction): Promise<void> {
  try {
    for (const { name, text, values } of statements) await client.query({ name, text, values: [...values] })
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}
