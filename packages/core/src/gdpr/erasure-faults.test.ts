import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createErasureBench, type ErasablePerson, type ErasureBench } from '../../../../tests/support/erasable.ts'
import { picture } from '../../../../tests/support/media.ts'
import { type StepEvent, stepChannel } from '../step.ts'
import type { GdprContext } from './erasure/context.ts'
import { eraseUser, findTarget, resumeErasure } from './erasure.ts'
import { planErasure } from './plan-erasure.ts'

let bench: ErasureBench
let context: GdprContext
let door: StorageDoor
beforeAll(async () => {
  bench = await createErasureBench()
  door = await openDoor(bench.stack.url)
  context = { ...bench.context, storage: { url: door.url, serviceRoleKey: bench.stack.serviceRoleKey } }
})
afterAll(async () => {
  await door?.close()
  await bench?.remove()
})

/** The gateway's address for the erasure alone: a test can take it away, as a Storage API that was stopped. */
interface StorageDoor {
  url: string
  close(): Promise<void>
  reopen(): Promise<void>
  /** What the next requests are answered, one after the other, before they get through again. */
  answers: number[]
}

async function openDoor(behind: string): Promise<StorageDoor> {
  const answers: number[] = []
  const make = () =>
    createServer((incoming, response) => {
      const status = answers.shift()
      if (status !== undefined) {
        incoming.resume()
        response.writeHead(status, { 'content-type': 'application/json' }).end('{"code":"SlowDown"}')
        return
      }
      const { method, headers } = incoming
      const onward = request(new URL(incoming.url ?? '', behind), { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(response)
      })
      incoming.pipe(onward)
    })
  const listen = (server: Server, port: number) =>
    new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()))
  let server = make()
  await listen(server, 0)
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    answers,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
    reopen: async () => {
      server = make()
      await listen(server, port)
    },
  }
}

const listeners: ((event: unknown) => void)[] = []
afterEach(() => {
  for (const listener of listeners.splice(0)) stepChannel.unsubscribe(listener)
})

/** Calls back at one moment of the erasure, before its next statement. */
function at(step: string, moment: StepEvent['moment'], work: () => unknown): void {
  const listener = (event: unknown) => {
    const announced = event as StepEvent
    if (announced.step !== step || announced.moment !== moment) return
    stepChannel.unsubscribe(listener)
    work()
  }
  listeners.push(listener)
  stepChannel.subscribe(listener)
}

async function agreed({ id }: ErasablePerson) {
  return { plan: (await planErasure(context, id)).id, keepStatistics: false }
}

async function stateOf(erasure: string) {
  const { rows } = await bench.admin.query(
    `select l.state, l.user_id is not null as named, count(r.*)::int as receipts
     from private.erasure_ledger l left join private.erasure_receipts r on r.erasure_id = l.id
     where l.id = $1 group by 1, 2`,
    [erasure],
  )
  return rows[0]
}

async function begunFor({ id }: ErasablePerson): Promise<string> {
  const { entry } = await findTarget(context, id)
  return entry?.id ?? 'none'
}

describe('stopped in the middle', () => {
  test('a Storage API that is down: an error that says how to go on, and it does when the API is back', async () => {
    const anna = await bench.newPerson()
    const options = await agreed(anna)
    await door.close()
    const error = eraseUser(context, anna.id, options)
    await expect(error).rejects.toMatchObject({
      code: 'storage_unreachable',
      exitCode: 4,
      hint: expect.stringMatching(/^journeys gdpr anonymize E-[0-9A-F]{8}$/),
    })
    const erasure = await begunFor(anna)
    expect(await stateOf(erasure)).toEqual({ state: 'failed', named: true, receipts: 0 })
    expect((await bench.traces(anna.id)).some((row) => row.startsWith('storage.objects'))).toBe(true)
    await door.reopen()
    expect(await resumeErasure(context, erasure)).toMatchObject({ outcome: 'done' })
    expect(await bench.traces(anna.id)).toEqual([])
  })

  test('one that is busy is asked again, and one that refuses is not', async () => {
    const [anna, ben] = [await bench.newPerson(), await bench.newPerson()]
    door.answers.push(503, 429, 500)
    expect(await eraseUser(context, anna.id, await agreed(anna))).toMatchObject({ outcome: 'done' })
    door.answers.push(403)
    await expect(eraseUser(context, ben.id, await agreed(ben))).rejects.toMatchObject({
      code: 'storage_refused',
      detail: expect.stringContaining('403 SlowDown'),
    })
    expect(await eraseUser(context, ben.id, { plan: '', keepStatistics: false })).toMatchObject({ outcome: 'done' })
  })

  test('the connection is cut while it waits in the middle of the rows', async () => {
    const anna = await bench.newPerson()
    const options = await agreed(anna)
    const blocker = await connected()
    await blocker.query('begin')
    await blocker.query('select from public.performance_metrics where user_id = $1 for update', [anna.id])
    const running = eraseUser(context, anna.id, options)
    const failure = expect(running).rejects.toMatchObject({
      code: 'database_unreachable',
      exitCode: 4,
      hint: expect.stringMatching(/^journeys gdpr anonymize E-/),
    })
    await expect.poll(() => killWaiting(anna.id)).toBe(1)
    await failure
    await blocker.query('rollback')
    await blocker.end()
    const erasure = await begunFor(anna)
    expect(await stateOf(erasure)).toEqual({ state: 'open', named: true, receipts: 0 })
    const outcome = await eraseUser(context, anna.email, { plan: '', keepStatistics: false })
    expect(outcome).toMatchObject({ erasure, outcome: 'done' })
    expect(outcome.steps.find(({ step }) => step === 'rows public.journal_entries')).toMatchObject({ rows: 40 })
    expect(await bench.traces(anna.id)).toEqual([])
  })

  test('a lock that somebody holds for too long: they are named, and when they are gone it goes on', async () => {
    const anna = await bench.newPerson()
    const options = await agreed(anna)
    const blocker = await connected('metabase')
    await blocker.query('begin')
    await blocker.query('select from public.profiles where user_id = $1 for update', [anna.id])
    await expect(eraseUser(context, anna.id, options)).rejects.toMatchObject({
      code: 'erasure_blocked',
      exitCode: 1,
      detail: expect.stringMatching(/session \d+ \(metabase\), idle in transaction/),
    })
    await blocker.query('rollback')
    await blocker.end()
    expect(await resumeErasure(context, await begunFor(anna))).toMatchObject({ outcome: 'done' })
  })

  test.each([
    { step: 'rows public.journal_entries', moment: 'ended' },
    { step: 'storage', moment: 'begins' },
    { step: 'verify', moment: 'begins' },
  ] as const)('Ctrl-C ($step $moment): what is under way ends, and it says how to go on', async ({ step, moment }) => {
    const anna = await bench.newPerson()
    const stop = new AbortController()
    at(step, moment, () => stop.abort())
    const stopped = eraseUser({ ...context, signal: stop.signal }, anna.id, await agreed(anna))
    await expect(stopped).rejects.toMatchObject({
      code: 'interrupted',
      exitCode: 130,
      hint: expect.stringMatching(/^journeys gdpr anonymize E-/),
    })
    const erasure = await begunFor(anna)
    expect(await stateOf(erasure)).toEqual({ state: 'open', named: true, receipts: 0 })
    expect(await resumeErasure(context, erasure)).toMatchObject({ outcome: 'done' })
  })
})

test('a legal hold that is placed in the middle stops it there: what is left stays, and it is partial', async () => {
  const anna = await bench.newPerson()
  const placed: Promise<unknown>[] = []
  at('open', 'ended', () => {
    placed.push(
      bench.admin.query("insert into private.legal_holds (user_id, reason, placed_by) values ($1, 'claim', 'Dora')", [
        anna.id,
      ]),
    )
  })
  const partial = await eraseUser(context, anna.id, await agreed(anna))
  await Promise.all(placed)
  expect(partial).toMatchObject({ outcome: 'partial', held: { everything: true }, verification: { left: [] } })
  expect(await stateOf(partial.erasure)).toEqual({ state: 'partial', named: true, receipts: 1 })
  expect((await bench.traces(anna.id)).some((row) => row.startsWith('auth.users'))).toBe(true)
  await bench.admin.query('delete from private.legal_holds where user_id = $1', [anna.id])
  expect(await resumeErasure(context, partial.erasure)).toMatchObject({ outcome: 'done' })
  expect(await bench.traces(anna.id)).toEqual([])
})

describe('nobody writes for them any more', () => {
  test('a token that was issued before writes and uploads nothing from the ledger on, and reads nothing', async () => {
    const anna = await bench.newPerson()
    const { client } = anna
    const tried: Promise<unknown>[] = []
    at('open', 'ended', () => {
      tried.push(
        Promise.resolve(client.from('journal_entries').insert({ reflection: 'again' })),
        client.storage.from('entry-media').upload(`${anna.id}/late/1.png`, picture(), { contentType: 'image/png' }),
        Promise.resolve(client.from('profiles').select()),
      )
    })
    expect(await eraseUser(context, anna.id, await agreed(anna))).toMatchObject({ outcome: 'done' })
    const answers = (await Promise.all(tried)) as { error: unknown; data: unknown[] | null }[]
    expect(answers).toHaveLength(3)
    for (const { error, data } of answers) if (error === null) expect(data ?? []).toEqual([])
    expect(answers.slice(0, 2).every(({ error }) => error !== null)).toBe(true)
    expect(await bench.traces(anna.id)).toEqual([])
  })

  test('writers who race with it, with a token and with the service key, leave nothing behind', async () => {
    const anna = await bench.newPerson()
    const service = bench.stack.serviceRoleKey
    const asService = { apikey: service, authorization: `Bearer ${service}`, 'content-type': 'application/json' }
    const race = { runs: true, isOn: false, written: 0, refused: 0 }
    const loop = async (write: (n: number) => Promise<boolean>) => {
      for (let n = 0; race.runs; n += 1) {
        if (!race.isOn) await sleep(1)
        else if (await write(n)) race.written += 1
        else race.refused += 1
      }
    }
    const racers = [
      loop(async (n) => (await anna.client.from('journal_entries').insert({ reflection: `race ${n}` })).error === null),
      loop(async (n) => {
        const body = JSON.stringify({ user_id: anna.id, reflection: `service ${n}` })
        const url = `${bench.stack.url}/rest/v1/journal_entries`
        return (await fetch(url, { method: 'POST', headers: asService, body })).ok
      }),
      loop(async (n) => {
        const path = `${anna.id}/race/${n}.png`
        const bucket = anna.client.storage.from('entry-media')
        return (await bucket.upload(path, picture(50), { contentType: 'image/png' })).error === null
      }),
      loop(async () => {
        const { error } = await anna.client.auth.signInWithPassword({ email: anna.email, password: 'a long password' })
        return error === null
      }),
    ]
    try {
      // What gets in between a plan and its lock makes the plan stale: then they rest until the next one.
      for (let tries = 1, outcome = ''; outcome !== 'done'; tries += 1) {
        race.isOn = false
        await sleep(300)
        const options = await agreed(anna)
        // A little later each time: in the end about when the person's row is locked.
        at('open', 'begins', () => setTimeout(() => (race.isOn = true), tries * 30))
        outcome = await eraseUser(context, anna.id, options).then(
          (done) => done.outcome,
          (error) => error.code,
        )
        expect(outcome === 'done' || tries < 20 ? outcome : `${outcome}, ${tries} times`).toMatch(/^(done|plan_stale)$/)
      }
      await sleep(100)
    } finally {
      race.runs = false
      await Promise.all(racers)
    }
    expect(race.refused).toBeGreaterThan(20)
    expect(await bench.traces(anna.id)).toEqual([])
    expect(await bench.traces(anna.email)).toEqual([])
  })
})

async function connected(name = 'somebody'): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: bench.stack.database.superuserUrl, application_name: name })
  await client.connect()
  return client
}

/** Kills the session that holds this person's lock, if it waits for a row. @returns how many it killed */
async function killWaiting(userId: string): Promise<number> {
  const { rows } = await bench.admin.query(
    `select pg_terminate_backend(a.pid) from pg_locks l join pg_stat_activity a on a.pid = l.pid
     where l.locktype = 'advisory' and a.wait_event_type = 'Lock' and a.datname = current_database()
       and (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended('journeys:erasure:' || $1, 0)`,
    [userId],
  )
  return rows.length
}
