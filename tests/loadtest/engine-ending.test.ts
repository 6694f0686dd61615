import { afterEach, describe, expect, test } from 'vitest'
import { engines, planOf, play, stage } from './engine-play.ts'
import { type KnownServer, knownServer } from './known-server.ts'

let server: KnownServer
afterEach(() => server.stop())

/** Beyond what was planned: k6 writes its last output, and the machine has other work. */
const endingMs = 900

describe.each(engines)('%s', (_name, engine) => {
  test('lets iterations finish after the last stage, and counts them', async () => {
    server = await knownServer(() => ({ delayMs: 700 }))
    const plan = planOf({ executor: 'ramping-vus', start: 2, stages: [stage(1, 2)], gracefulStopMs: 3000 })
    const { told, lastedMs } = await play(engine, plan, server)
    expect(server.seen).toHaveLength(4)
    expect(told.requests).toHaveLength(4)
    expect(told.iterations).toHaveLength(4)
    expect(lastedMs).toBeGreaterThan(1390)
    expect(lastedMs).toBeLessThan(1400 + endingMs)
  })

  test('interrupts what takes longer than the graceful stop, and counts nothing of it', async () => {
    server = await knownServer(() => ({ delayMs: 5000 }))
    const plan = planOf({ executor: 'ramping-vus', start: 2, stages: [stage(1, 2)], gracefulStopMs: 300 })
    const { told, lastedMs } = await play(engine, plan, server)
    expect(await server.givenUp()).toHaveLength(2)
    expect([told.requests, told.iterations]).toEqual([[], []])
    expect(lastedMs).toBeGreaterThan(1290)
    expect(lastedMs).toBeLessThan(1300 + endingMs)
  })

  test('interrupts a user whom the ramp took away once the graceful ramp-down is over', async () => {
    server = await knownServer((path) => ({ delayMs: path === '/visit' ? 5000 : 0 }))
    const stages = [stage(0.5, 2), stage(0, 0), stage(1.5, 0)]
    const plan = planOf({ executor: 'ramping-vus', start: 2, stages, gracefulRampDownMs: 400 })
    const { told, lastedMs } = await play(engine, plan, server)
    expect(await server.givenUp()).toHaveLength(2)
    expect(server.seen).toHaveLength(2)
    expect(told.requests).toEqual([])
    // As k6: a plan that ends without users is over when the last one is gone.
    expect(lastedMs).toBeGreaterThan(890)
    expect(lastedMs).toBeLessThan(900 + endingMs)
  })

  test('a user who is wanted again while finishing just goes on', async () => {
    server = await knownServer(() => ({ delayMs: 600 }))
    const stages = [stage(0.3, 1), stage(0, 0), stage(0.1, 0), stage(0, 1), stage(0.6, 1)]
    const plan = planOf({ executor: 'ramping-vus', start: 1, stages })
    const { told } = await play(engine, plan, server)
    expect(told.requests).toHaveLength(2)
    expect(server.most()).toBe(1)
  })

  test('ends an open load as it ends a closed one', async () => {
    server = await knownServer(() => ({ delayMs: 500 }))
    const open = { executor: 'constant-arrival-rate', start: 4, users: 10, stages: [stage(1.1, 4)] } as const
    const patient = await play(engine, planOf({ ...open, gracefulStopMs: 3000 }), server)
    expect(patient.told.iterations).toHaveLength(5)
    // The last one begins at 1 s.
    expect(patient.lastedMs).toBeGreaterThan(1490)
    const hasty = await play(engine, planOf({ ...open, gracefulStopMs: 0 }), server)
    expect(hasty.told.iterations).toHaveLength(3)
    expect(hasty.told.requests).toHaveLength(3)
    expect(await server.givenUp()).toHaveLength(2)
    expect(hasty.lastedMs).toBeLessThan(1100 + endingMs)
  })

  test('stops at once when it is told to, whatever the scenario is doing', async () => {
    server = await knownServer((path) => ({ delayMs: path === '/slow' ? 20_000 : 0 }))
    const interrupt = new AbortController()
    const thinkTime = { minMs: 20_000, maxMs: 20_000 }
    const round = ['visit', 'stubborn']
    const plan = planOf({ executor: 'ramping-vus', start: 10, stages: [stage(30, 10)], thinkTime, round })
    let stoppedAt = 0
    const stopping = setInterval(() => {
      if (server.seen.length < 10) return
      clearInterval(stopping)
      setTimeout(() => {
        stoppedAt = Date.now()
        interrupt.abort()
      }, 200)
    }, 20)
    const { told } = await play(engine, plan, server, { signal: interrupt.signal })
    expect(Date.now() - stoppedAt).toBeLessThan(1500)
    expect(told.requests.every(({ name, failed }) => name === 'GET visit' && !failed)).toBe(true)
    expect(told.iterations).toEqual([])
    expect(await server.givenUp()).toHaveLength(5)
  })
})
