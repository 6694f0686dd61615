import { afterEach, describe, expect, it } from 'vitest'
import type { ServerSide } from '../../packages/loadtest/src/server/server-side.ts'
import { watchServer } from '../../packages/loadtest/src/server/watch-server.ts'
import { createTestStack, type TestStack } from '../support/stack.ts'
import { delayingProxy } from './delaying-proxy.ts'
import { appRequests, createPeople, type Person, smallLoad, withDatabase } from './small-load.ts'

const stacks: TestStack[] = []
afterEach(async () => {
  for (const stack of stacks.splice(0)) await stack.stop()
})

async function startStack(options: Parameters<typeof createTestStack>[0] = {}): Promise<TestStack> {
  const stack = await createTestStack(options)
  stacks.push(stack)
  // Far more writes a minute than a person would do.
  await withDatabase(stack, (client) => client.query('update private.rate_limit_rules set max_writes = 1000000'))
  return stack
}

async function watched(
  stack: TestStack,
  people: readonly Person[],
  options: Parameters<typeof smallLoad>[2],
): Promise<ServerSide> {
  const watch = watchServer({
    databaseUrl: stack.database.url,
    processes: () => [{ name: 'api', pid: stack.postgrestPid }],
  })
  await watch.begin()
  const seen = await smallLoad(stack, people, options)
  const side = await watch.end(seen)
  expect(seen.answered).toBeGreaterThan(0)
  if (side === undefined) throw new Error('nothing was watched')
  return side
}

/** A machine that others fill as well is named, too, and says nothing about the stack. */
const culprits = (side: ServerSide) => side.culprits.filter(({ kind }) => kind !== 'cpu')
const titles = (side: ServerSide) => side.culprits.map(({ title }) => title)

describe('the server side of a load', () => {
  it('names nobody when the stack is healthy, and tells what was done', async () => {
    const stack = await startStack()
    const people = await createPeople(stack, 5, 200)
    const side = await watched(stack, people, { seconds: 5, pauseMs: 100 })
    // Other programs on this machine are not the stack's fault.
    expect(side.culprits.filter(({ kind }) => kind !== 'cpu')).toEqual([])
    expect(side.notes).toEqual([])
    const { database } = side
    expect(database).toMatchObject({ outages: [], restartsAtMs: [], deadlocks: 0 })
    expect(database?.looks.answered).toBeGreaterThanOrEqual(5)
    expect(database?.statements?.map(({ title }) => title)).toEqual(
      expect.arrayContaining([
        'insert into public.journal_entries',
        'update public.profiles',
        'select from public.journal_entries',
        'call of public.progress_summary',
      ]),
    )
    // Nothing of the watch itself, and nothing of what the tables hold.
    expect(JSON.stringify(database?.statements)).not.toMatch(/pg_stat_|journeys|Day by day/)
    expect(database?.rows?.inserted).toBeGreaterThan(10)
    expect(database?.walBytes).toBeGreaterThan(1000)
    expect(database?.tables?.[0]).toMatchObject({ name: expect.stringMatching(/^(public|private)\./) })
    expect(side.processes).toMatchObject([{ name: 'api', memoryPeakBytes: expect.any(Number) }])
    expect(side.processes[0]?.memoryPeakBytes).toBeGreaterThan(5_000_000)
    expect(side.processes[0]?.cpuCores?.mean).toBeGreaterThan(0.005)
  })

  it('names the table and the column when an index was dropped', async () => {
    const stack = await startStack()
    const people = await createPeople(stack, 8, 3000)
    await withDatabase(stack, (client) => client.query('drop index public.journal_entries_user_id_date_id_idx'))
    const side = await watched(stack, people, { seconds: 5 })
    expect(culprits(side)[0]).toMatchObject({
      kind: 'sequential_scans',
      severity: 'critical',
      title: 'public.journal_entries is read as a whole: its index journal_entries_user_id_date_id_idx is gone',
      detail: expect.stringContaining('No index begins with user_id, which is in the policy'),
      hint: 'create index journal_entries_user_id_date_id_idx on public.journal_entries (user_id, date desc, id desc);',
    })
  })

  it('names the function when it sleeps', async () => {
    const stack = await startStack()
    const people = await createPeople(stack, 5, 20)
    await withDatabase(stack, async (client) => {
      const { rows } = await client.query(
        `select pg_get_functiondef('public.progress_summary(date, date)'::regprocedure) as text`,
      )
      await client.query(rows[0].text.replace(/\nbegin\n/, '\nbegin\n  perform pg_sleep(0.1);\n'))
    })
    const side = await watched(stack, people, { seconds: 5 })
    expect(culprits(side)[0]).toMatchObject({
      kind: 'sleep',
      severity: 'critical',
      title: 'public.progress_summary sleeps: it calls pg_sleep',
    })
  })

  it('names the statement when it computes for long', async () => {
    const stack = await startStack()
    const people = await createPeople(stack, 3, 20)
    await withDatabase(stack, async (client) => {
      const { rows } = await client.query(
        `select pg_get_functiondef('public.progress_summary(date, date)'::regprocedure) as text`,
      )
      const busy = 'perform count(*) from generate_series(1, 800000);'
      await client.query(rows[0].text.replace(/\nbegin\n/, `\nbegin\n  ${busy}\n`))
    })
    const side = await watched(stack, people, { seconds: 5 })
    expect(titles(side)).toContainEqual(
      expect.stringMatching(/^One statement takes \d+ % of the database's time: call of public\.progress_summary$/),
    )
  })

  it("names PostgREST's pool when it has two connections and ten people want one", async () => {
    // As far away as a database in another zone: quick statements, but a connection is held for all their trips.
    await using far = await delayingProxy(2)
    const stack = await startStack({ pool: 2, postgrestDatabaseUrl: far.to })
    const people = await createPeople(stack, 10, 20)
    const side = await watched(stack, people, { seconds: 5 })
    expect(side.culprits.filter(({ kind }) => kind !== 'cpu')).toMatchObject([
      { kind: 'pool', severity: 'critical', title: "PostgREST's pool is full: 2 connections" },
    ])
  })

  it("names PostgREST's pool when requests got no connection in time", async () => {
    const stack = await startStack({ pool: 1 })
    const people = await createPeople(stack, 1, 20)
    const watch = watchServer({ databaseUrl: stack.database.url })
    await watch.begin()
    await smallLoad(stack, people, { seconds: 1 })
    const side = await watch.end({ total: { rate: 10, avg: 12 }, failures: [{ code: 'PGRST003', count: 12 }] })
    expect(side?.culprits[0]).toMatchObject({
      kind: 'pool',
      severity: 'critical',
      detail: expect.stringContaining('12 requests got no connection in time'),
    })
  })

  it('names the session that holds a lock', async () => {
    const stack = await startStack()
    const people = await createPeople(stack, 4, 20)
    const side = await withDatabase(stack, async (client) => {
      await client.query(`set application_name = 'a forgotten console'`)
      await client.query('begin')
      await client.query('update public.profiles set bio = bio')
      const load = watched(stack, people, { seconds: 5, requests: appRequests.slice(0, 3) })
      setTimeout(() => void client.query('rollback'), 4000)
      return load
    })
    expect(culprits(side)[0]).toMatchObject({
      kind: 'locks',
      severity: 'critical',
      title: expect.stringMatching(
        /^Sessions wait for a lock that pid \d+ holds \(a forgotten console, role postgres\)$/,
      ),
      detail: expect.stringContaining('update public.profiles'),
      hint: expect.stringContaining('select pg_terminate_backend('),
    })
  })

  it('says which requests hold each other up when they change the same row', async () => {
    const stack = await startStack()
    const people = await createPeople(stack, 4, 20)
    await withDatabase(stack, (client) =>
      client.query(`
        create table private.visits (n bigint not null);
        insert into private.visits values (0);
        create function private.count_visit() returns trigger language plpgsql security definer set search_path = '' as $$
        begin
          update private.visits set n = n + 1;
          perform count(*) from generate_series(1, 100000);
          return new;
        end $$;
        create trigger count_visit before update on public.profiles for each row execute function private.count_visit();
      `),
    )
    const side = await watched(stack, people, { seconds: 5, requests: appRequests.slice(2, 3) })
    expect(titles(side)).toContain("Requests wait for each other's locks: update public.profiles")
  })
})
