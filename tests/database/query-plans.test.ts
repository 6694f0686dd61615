import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { asUser, createTestDatabase, createUser, type Query, type TestDatabase } from '../support/database.ts'

let database: TestDatabase
let postgres: pg.Pool
let reader: string

/** A node of `explain (format json)`. */
interface PlanNode {
  'Node Type': string
  'Actual Loops': number
  'Relation Name'?: string
  'Index Name'?: string
  'Subplans Removed'?: number
  Plans?: PlanNode[]
}

beforeAll(async () => {
  database = await createTestDatabase()
  postgres = new pg.Pool({ connectionString: database.url })
  reader = await createUser(database)
  const others = await Promise.all(Array.from({ length: 20 }, () => createUser(database)))
  // A year of days for one person among others, so that an index is worth its while.
  await postgres.query(
    `insert into public.journal_entries (user_id, date, reflection, scores)
     select person, current_date - day, 'Entry', '{"mood": 5, "craving": 2}'
     from unnest($1::uuid[]) as person, generate_series(0, 365) as day`,
    [[reader, ...others]],
  )
  await postgres.query('analyze public.journal_entries')
})
afterAll(async () => {
  await postgres.end()
  await database.drop()
})

async function explain(query: Query, sql: string): Promise<PlanNode[]> {
  const { rows } = await query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(`explain (analyze, format json) ${sql}`)
  const plan = rows[0]?.['QUERY PLAN'][0].Plan
  if (plan === undefined) throw new Error('no plan')
  return nodes(plan)
}

function nodes(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodes)]
}

const scans = (plan: PlanNode[]) => plan.filter((node) => node['Relation Name']?.startsWith('journal_entries_'))
const month = (monthsBack: number) => {
  const date = new Date()
  return `journal_entries_${new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - monthsBack)).toISOString().slice(0, 7).replace('-', '_')}`
}

const columns = 'id, date, reflection, scores, created_at, updated_at'

describe('what the app asks', () => {
  it('reads the last 20 entries newest month first, and stops', async () => {
    const plan = await asUser(database, reader, (query) =>
      explain(query, `select ${columns} from public.journal_entries order by date desc, id desc limit 20`),
    )
    expect(plan.map((node) => node['Node Type'])).not.toContain('Sort')
    expect(plan.map((node) => node['Node Type'])).toContain('Append')
    expect(scans(plan).every((node) => node['Index Name']?.endsWith('_user_id_date_id_idx'))).toBe(true)
    // This month and the three ahead, perhaps the one before; the other two years are never opened.
    const opened = scans(plan).filter((node) => node['Actual Loops'] > 0)
    expect(opened.length).toBeLessThanOrEqual(5)
    expect(scans(plan).length).toBeGreaterThan(25)
  })

  it('reads the next page from its cursor on, without the months after it', async () => {
    const plan = await asUser(database, reader, (query) =>
      explain(
        query,
        `select ${columns} from public.journal_entries
         where date <= current_date - 200
           and (date < current_date - 200 or id < 'ffffffff-ffff-4fff-bfff-ffffffffffff')
         order by date desc, id desc limit 20`,
      ),
    )
    expect(plan.map((node) => node['Node Type'])).not.toContain('Sort')
    expect(scans(plan).filter((node) => node['Actual Loops'] > 0).length).toBeLessThanOrEqual(2)
    expect(plan.some((node) => (node['Subplans Removed'] ?? 0) > 5)).toBe(true)
  })

  it('finds one entry by its id and date in its own month', async () => {
    const plan = await asUser(database, reader, (query) =>
      explain(
        query,
        `select ${columns} from public.journal_entries
         where id = '00000000-0000-4000-8000-000000000000' and date = '${month(1).slice(-7).replace('_', '-')}-15'`,
      ),
    )
    expect(scans(plan).map((node) => node['Relation Name'])).toEqual([month(1)])
  })

  it('sums up a month by reading that month only', async () => {
    const touched = await asUser(database, reader, async (query) => {
      const from = `${month(2).slice(-7).replace('_', '-')}-01`
      await query(`select public.progress_summary($1, ($1::date + interval '1 month - 1 day')::date)`, [from])
      // A partition that a plan does not leave out is locked until the end of the transaction.
      const { rows } = await query<{ name: string }>(
        `select distinct relation::regclass::text as name from pg_locks
         where pid = pg_backend_pid() and relation::regclass::text ~ 'journal_entries_[0-9_]+$'`,
      )
      return rows.map((row) => row.name)
    })
    expect(touched).toEqual([`partitions.${month(2)}`])
  })

  it('sums up a year of entries in a few milliseconds', async () => {
    const fastest = await asUser(database, reader, async (query) => {
      const times: number[] = []
      for (let run = 0; run < 10; run++) {
        const started = performance.now()
        await query('select public.progress_summary(current_date - 365, current_date)')
        times.push(performance.now() - started)
      }
      return Math.min(...times)
    })
    // 2 ms on an idle machine; the room is for a busy one.
    expect(fastest).toBeLessThan(25)
  })

  it('finds the rows of a person in every table by an index', async () => {
    for (const table of ['profiles', 'user_addictions', 'purchases', 'performance_metrics']) {
      const { rows } = await postgres.query<{ column: string }>(
        `select a.attname::text as column from pg_index i
         join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
         where i.indrelid = $1::regclass`,
        [`public.${table}`],
      )
      expect(
        rows.map((row) => row.column),
        table,
      ).toContain('user_id')
    }
  })
})
