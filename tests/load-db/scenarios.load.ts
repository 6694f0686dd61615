import { join } from 'node:path'
import { loadConfig } from '@journeys/core/ops'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { scenarios } from '../../packages/loadtest/src/scenarios/index.ts'
import { executed, planLines, plansOf } from './plan.ts'
import { startTappedServer, type TappedServer } from './server.ts'
import { forPerson, recordScenario, run, type Transaction } from './transaction.ts'

/** As many as the local stack's PostgREST has: each waits for its answer before it sends the next statement. */
const connections = Number(process.env.JOURNEYS_LOAD_DB_CONNECTIONS ?? 20)
const seconds = Number(process.env.JOURNEYS_LOAD_DB_SECONDS ?? 5)
/** Tables with fewer rows are read faster whole. */
const bigRows = 1000

let server: TappedServer
let transactions: { scenario: string; steps: Transaction[] }[]

const print = (lines: string[]) => process.stdout.write(`${lines.join('\n')}\n`)

/** Its begin, for a plan's heading. */
const oneLine = (sql: string) => sql.replace(/\s+/g, ' ').trim().slice(0, 100)

beforeAll(async () => {
  server = await startTappedServer()
  transactions = []
  for (const [scenario, visit] of Object.entries(scenarios)) {
    transactions.push({ scenario, steps: await recordScenario(server, visit, server.people[0] ?? '') })
  }
})
afterAll(() => server?.stop())

test('every transaction of the scenarios runs as its user, and reads no big table from end to end', async () => {
  const client = new pg.Client({ connectionString: server.superuserUrl })
  await client.connect()
  const { rows } = await client.query<{ name: string }>(
    "select relname as name from pg_class where relkind = 'r' and reltuples >= $1",
    [bigRows],
  )
  await client.end()
  const big = new Set(rows.map(({ name }) => name))
  expect([...big]).toEqual(expect.arrayContaining(['profiles', 'purchases', 'users']))

  const distinct = new Map(transactions.flatMap(({ steps }) => steps).map((step) => [step.name, step]))
  for (const [name, transaction] of distinct) {
    expect(transaction.statements.flatMap(({ values }) => values)).toContain('authenticated')
    const plans = await plansOf(server.superuserUrl, forPerson(transaction, server.people[7] ?? ''))
    const shown = plans.filter(({ plan }) => executed(plan).length > 1)
    print([
      '',
      name,
      ...shown.flatMap(({ sql, ms, plan }) => [`  ${ms.toFixed(2)} ms  ${oneLine(sql)}`, ...planLines(plan, 2)]),
    ])
    const scans = plans.flatMap(({ plan }) => executed(plan)).filter((node) => node['Node Type'] === 'Seq Scan')
    const bad = scans.map((node) => node['Relation Name'] ?? '').filter((relation) => big.has(relation))
    expect(bad, `${name} reads a whole table`).toEqual([])
  }
})

test('the database alone answers within its service level', async () => {
  const { config } = await loadConfig({ workdir: join(import.meta.dirname, '..', '..'), processEnv: process.env })
  const { databaseLatencyMs } = config.slo
  const weighted = transactions.flatMap((one) =>
    Array.from({ length: (config.loadtest.weights as Record<string, number>)[one.scenario] ?? 0 }, () => one),
  )
  const durations = new Map<string, number[]>()
  const clients = await Promise.all(
    Array.from({ length: connections }, async () => {
      const client = new pg.Client({ connectionString: server.authenticatorUrl })
      await client.connect()
      return client
    }),
  )
  const any = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T
  const until = performance.now() + seconds * 1000
  try {
    await Promise.all(
      clients.map(async (client) => {
        while (performance.now() < until) {
          const person = any(server.people)
          for (const step of any(weighted).steps) {
            const transaction = forPerson(step, person)
            const began = performance.now()
            await run(client, transaction)
            const known = durations.get(step.name) ?? []
            durations.set(step.name, known)
            known.push(performance.now() - began)
          }
        }
      }),
    )
  } finally {
    await Promise.all(clients.map((client) => client.end()))
  }
  const rows = [...durations].map(([name, list]) => {
    const sorted = list.sort((a, b) => a - b)
    const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN
    return { name, count: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99) }
  })
  const all = rows.reduce((sum, { count }) => sum + count, 0)
  print([
    '',
    `${connections} connections, ${seconds} s, ${Math.round(all / seconds)} transactions/s; service level p95 < ${databaseLatencyMs} ms`,
    ...rows.map(
      ({ name, count, p50, p95, p99 }) =>
        `  ${name.padEnd(24)} ${String(count).padStart(6)}  p50 ${p50.toFixed(1)} ms  p95 ${p95.toFixed(1)} ms  p99 ${p99.toFixed(1)} ms`,
    ),
  ])
  for (const { name, count, p95 } of rows) {
    expect(count, `${name}: too few to judge`).toBeGreaterThan(100)
    expect(p95, `${name}: p95 in ms`).toBeLessThan(databaseLatencyMs)
  }
})
