import { afterEach, describe, expect, test } from 'vitest'
import { plannedStartMs } from '../../packages/loadtest/src/profiles/arrival.ts'
import { engines, planOf, play, stage } from './engine-play.ts'
import { type KnownServer, knownServer } from './known-server.ts'

let server: KnownServer
afterEach(() => server.stop())

/** A scheduler on a machine with two cores and other tests beside it. */
const toleranceMs = 80

/** The longest distance between what came and what was due, in ms. */
function farthest(came: readonly number[], due: readonly number[]): number {
  return Math.max(...came.map((at, index) => Math.abs(at - (due[index] ?? Number.POSITIVE_INFINITY))))
}

describe.each(engines)('%s', (_name, engine) => {
  test('ramps users one by one, and takes them away in the order in which k6 does', async () => {
    server = await knownServer(() => ({ delayMs: 50 }))
    const plan = planOf({ executor: 'ramping-vus', stages: [stage(1, 4, 'ramp'), stage(0.5, 4), stage(1, 0, 'down')] })
    const { told, lastedMs } = await play(engine, plan, server)
    const origin = told.startedAt as number
    const tokens = [...new Set(server.seen.map(({ token }) => token))]
    const times = tokens.map((token) => {
      const own = server.seen.filter((one) => one.token === token).map(({ at }) => at - origin)
      return { first: own[0] as number, last: own.at(-1) as number }
    })
    expect(
      farthest(
        times.map(({ first }) => first),
        [250, 500, 750, 1000],
      ),
    ).toBeLessThan(toleranceMs)
    // The last one who came goes first, a request of 50 ms before their time is over.
    expect(
      farthest(
        times.map(({ last }) => last + 25),
        [2500, 2250, 2000, 1750],
      ),
    ).toBeLessThan(toleranceMs)
    expect(server.most()).toBe(4)
    expect(told.requests).toHaveLength(server.seen.length)
    expect(told.iterations).toHaveLength(server.seen.length)
    expect(told.dropped).toEqual([])
    expect(Math.abs(lastedMs - 2500)).toBeLessThan(700)
  })

  test('begins iterations when a rising rate says, to the planned number', async () => {
    server = await knownServer()
    // Nothing is due in the very moment in which a stage ends: there k6 itself decides by chance.
    const stages = [stage(0.99, 40, 'ramp'), stage(1, 40)]
    const plan = planOf({ executor: 'ramping-arrival-rate', users: 20, stages })
    const { told } = await play(engine, plan, server)
    const due = Array.from({ length: 59 }, (_, n) => plannedStartMs(plan, n) as number)
    expect(server.seen).toHaveLength(59)
    expect(
      farthest(
        server.seen.map(({ at }) => at - (told.startedAt as number)),
        due,
      ),
    ).toBeLessThan(toleranceMs)
    expect(told.iterations.filter(({ phase }) => phase === 'ramp').length).toBe(19)
    expect(told.startLags).toHaveLength(server.seen.length)
    expect(told.droppedCount).toBe(0)
  })

  test('begins iterations at a constant rate from the first moment on', async () => {
    server = await knownServer()
    const plan = planOf({ executor: 'constant-arrival-rate', users: 10, start: 25, stages: [stage(1.99, 25)] })
    const { told } = await play(engine, plan, server)
    expect(server.seen).toHaveLength(50)
    const due = server.seen.map((_, index) => index * 40)
    expect(
      farthest(
        server.seen.map(({ at }) => at - (told.startedAt as number)),
        due,
      ),
    ).toBeLessThan(toleranceMs)
  })

  test('drops what finds no free user, and queues nothing', async () => {
    server = await knownServer(() => ({ delayMs: 190 }))
    const plan = planOf({ executor: 'constant-arrival-rate', users: 2, start: 50, stages: [stage(1.99, 50)] })
    const { told } = await play(engine, plan, server)
    // Two users at 200 ms each, of 50 a second: 2 of 10 arrivals find one.
    expect(told.droppedCount + server.seen.length).toBe(100)
    expect(server.seen.length).toBeGreaterThanOrEqual(17)
    expect(server.seen.length).toBeLessThanOrEqual(20)
    expect(server.most()).toBe(2)
    expect(new Set(told.dropped.map(({ phase }) => phase))).toEqual(new Set(['steady']))
    expect(Math.max(...told.requests.map(({ durationMs }) => durationMs))).toBeLessThan(190 + toleranceMs)
  })

  test('thinks within an iteration in both models, after it only in the closed one', async () => {
    server = await knownServer()
    const slow = { thinkTime: { minMs: 300, maxMs: 300 }, round: ['browse'], gracefulStopMs: 3000 }
    const closed = await play(
      engine,
      planOf({ ...slow, executor: 'ramping-vus', start: 1, stages: [stage(1, 1)] }),
      server,
    )
    const gaps = server.seen.slice(1).map(({ at }, index) => at - (server.seen[index]?.at as number))
    for (const gap of gaps) expect(Math.abs(gap - 300)).toBeLessThan(toleranceMs)
    expect(closed.told.iterations).toHaveLength(2)
    const ended = (closed.told.iterations[1]?.at as number) - (server.seen.at(-1)?.at as number)
    expect(Math.abs(ended - 300)).toBeLessThan(toleranceMs)

    server.seen.length = 0
    const open = planOf({ ...slow, executor: 'constant-arrival-rate', users: 2, start: 1, stages: [stage(1.5, 1)] })
    const { told } = await play(engine, open, server)
    expect(server.seen.map(({ path }) => path)).toEqual(['/first', '/second', '/first', '/second'])
    expect((told.iterations[0]?.at as number) - (server.seen[1]?.at as number)).toBeLessThan(toleranceMs)
  })

  test('plays the scenarios in the planned order, whichever user plays them', async () => {
    server = await knownServer()
    const round = ['visit', 'write', 'visit', 'fail', 'visit']
    const plan = planOf({ executor: 'constant-arrival-rate', users: 50, start: 50, stages: [stage(1.99, 50)], round })
    const { told } = await play(engine, plan, server)
    const played = (name: string) => told.iterations.filter(({ scenario }) => scenario === name).length
    // An arrival that is due as the load ends may be one of it: then a new round has begun.
    expect([played('visit') - Math.max(0, told.iterations.length - 100), played('write'), played('fail')]).toEqual([
      60, 20, 20,
    ])
  })
})
