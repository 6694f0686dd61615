import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { watchServer } from '../../packages/loadtest/src/server/watch-server.ts'
import { type PostgresServer, startPostgres } from '../../packages/stack/src/postgres/server.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'

async function run(url: string, sql: string, values: unknown[] = []): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return await client.query(sql, values)
  } finally {
    await client.end().catch(() => undefined)
  }
}

describe('a database that is killed while it is watched', () => {
  let folder: string
  let server: PostgresServer
  const start = (port?: number) =>
    startPostgres({
      dataDir: join(folder, 'data'),
      password: 'secret',
      logFile: join(folder, 'log'),
      settings: { fsync: 'off' },
      ...(port !== undefined && { port }),
    })
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'journeys-watch-'))
    await chmod(folder, 0o711)
    server = await start()
  })
  afterAll(async () => {
    await server.stop('immediate')
    await rm(folder, { recursive: true })
  })

  it('is told as an outage with its seconds, and what came after it is counted', async () => {
    const url = server.url('supabase_admin', 'secret')
    await run(url, 'create extension pg_stat_statements; create table public.notes (n int)')
    const watch = watchServer({
      databaseUrl: url,
      processes: () => [{ name: 'database', pid: server.pid, withChildren: true }],
    })
    await watch.begin()
    await run(url, 'insert into public.notes select generate_series(1, 1000)')
    await sleep(1500)
    process.kill(server.pid, 'SIGKILL')
    await server.exited
    await sleep(2000)
    server = await start(server.port)
    await run(url, 'insert into public.notes select generate_series(1, 500)')
    await sleep(2500)
    const side = await watch.end()

    expect(side?.culprits[0]).toMatchObject({
      kind: 'outage',
      severity: 'critical',
      title: expect.stringMatching(/^The database did not answer for about \S+ seconds$/),
    })
    const database = side?.database
    expect(database?.outages).toHaveLength(1)
    const [outage] = database?.outages ?? []
    expect((outage?.toMs ?? 0) - (outage?.fromMs ?? 0)).toBeGreaterThan(1900)
    expect((outage?.toMs ?? 0) - (outage?.fromMs ?? 0)).toBeLessThan(5000)
    expect(database?.restartsAtMs).toHaveLength(1)
    expect(database?.looks.answered).toBeLessThan(database?.looks.tried ?? 0)
    // The server forgot the thousand rows that it had counted, and the watch says so instead of guessing.
    expect(database?.rows).toMatchObject({ inserted: 500 })
    expect(side?.notes).toEqual([
      expect.stringContaining('pg_stat_statements began anew'),
      expect.stringContaining('lost its counters'),
    ])
    // The log's position survives.
    expect(database?.walBytes).toBeGreaterThan(1500 * 50)
    expect(side?.processes).toMatchObject([{ name: 'database' }])
    expect(side?.processes[0]?.memoryPeakBytes).toBeGreaterThan(5_000_000)
    expect(JSON.stringify(side)).not.toContain('secret')
  })
})

describe('what a watch cannot see', () => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await createTestDatabase()
  })
  afterAll(() => database.drop())

  it('is told when the database cannot be reached at all', async () => {
    const watch = watchServer({ databaseUrl: 'postgresql://postgres:geheim@127.0.0.1:1/postgres' })
    await watch.begin()
    const side = await watch.end()
    expect(side).toMatchObject({
      culprits: [],
      notes: ['The database never answered, so it was not watched.'],
      processes: [],
    })
    expect(side?.database).toBeUndefined()
    expect(JSON.stringify(side)).not.toContain('geheim')
  })

  it('is told when the password is wrong, and asked for only once', async () => {
    const url = new URL(database.url)
    url.password = 'geheim'
    const watch = watchServer({ databaseUrl: url.href })
    await watch.begin()
    const side = await watch.end()
    expect(side?.notes).toEqual([expect.stringMatching(/^The database was not watched: .*refuses/)])
  })

  it('is told to a role that may not see other sessions and statements', async () => {
    const role = `watch_${database.name}`
    await run(
      database.superuserUrl,
      `create role ${role} login password 'weak'; grant usage on schema extensions to ${role}`,
    )
    try {
      const url = new URL(database.url)
      url.username = role
      url.password = 'weak'
      const watch = watchServer({ databaseUrl: url.href })
      await watch.begin()
      const side = await watch.end()
      expect(side?.notes).toContainEqual(
        `What other roles' sessions did could not be seen: grant pg_read_all_stats to ${role}, or connect as the role postgres.`,
      )
      expect(side?.culprits).toEqual([])
    } finally {
      await run(database.superuserUrl, `drop owned by ${role}; drop role ${role}`)
    }
  })

  it('is told when a table is locked, and does not hold up the end', async () => {
    const client = new pg.Client({ connectionString: database.url })
    await client.connect()
    const watch = watchServer({ databaseUrl: database.url })
    await watch.begin()
    await client.query('begin; lock table public.profiles in access exclusive mode')
    const began = performance.now()
    const side = await watch.end()
    expect(performance.now() - began).toBeLessThan(3000)
    await client.end()
    expect(side?.notes).toEqual([
      expect.stringMatching(/^The tables' sizes could not be read because one of them is locked/),
    ])
    expect(side?.database?.tables).toBeDefined()
  })

  it('is told when a look gets no answer, and the next one is made on another connection', async () => {
    const watch = watchServer({ databaseUrl: database.url })
    await watch.begin()
    const { rows } = await run(
      database.superuserUrl,
      `select pid from pg_stat_activity where application_name = 'journeys loadtest watch' and datname = $1`,
      [database.name],
    )
    const pid: number = rows[0].pid
    process.kill(pid, 'SIGSTOP')
    try {
      await sleep(5500)
      const side = await watch.end()
      expect(side?.database?.outages).toHaveLength(1)
      expect(side?.database?.restartsAtMs).toEqual([])
      expect(side?.database?.statements).toBeDefined()
    } finally {
      process.kill(pid, 'SIGCONT')
    }
  })

  it('is told when pg_stat_statements is missing', async () => {
    await run(database.superuserUrl, 'drop extension pg_stat_statements')
    const watch = watchServer({ databaseUrl: database.url })
    await watch.begin()
    const side = await watch.end()
    expect(side?.notes).toEqual([expect.stringContaining('the extension pg_stat_statements is not in this database')])
    expect(side?.database?.statements).toBeUndefined()
    expect(side?.database?.tables).toBeDefined()
  })
})

describe('what a watch costs', () => {
  it('is one connection and a few milliseconds a second, and it does not see itself', async () => {
    const database = await createTestDatabase()
    try {
      const watch = watchServer({ databaseUrl: database.url })
      await watch.begin()
      const own = await run(
        database.superuserUrl,
        `select count(*)::int as connections from pg_stat_activity where application_name = 'journeys loadtest watch' and datname = $1`,
        [database.name],
      )
      expect(own.rows[0].connections).toBe(1)
      await sleep(4000)
      const side = await watch.end()
      expect(side?.database).toMatchObject({
        connections: { busyPeak: 0, applications: [] },
        waits: [],
        statements: expect.not.arrayContaining([expect.objectContaining({ role: 'postgres' })]),
      })
      // Those of its begin, which the server counts late, and this test's own.
      expect(side?.database?.transactions.committed).toBeLessThan(12)
      const { rows } = await run(
        database.superuserUrl,
        `select sum(calls)::int as looks, sum(total_exec_time + total_plan_time) / sum(calls) as ms
           from extensions.pg_stat_statements where query like '%a look at the server%' and query like '%pg_blocking_pids%'
            and dbid = (select oid from pg_database where datname = current_database())`,
      )
      expect(rows[0].looks).toBeGreaterThanOrEqual(4)
      expect(rows[0].ms).toBeLessThan(10)
    } finally {
      await database.drop()
    }
  })
})
