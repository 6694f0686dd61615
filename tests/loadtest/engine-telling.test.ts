import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { Engine } from '../../packages/loadtest/src/engines/engine.ts'
import { engines, planOf, play, stage } from './engine-play.ts'
import { type KnownServer, knownServer } from './known-server.ts'

let server: KnownServer
afterEach(() => server.stop())

/** Some iterations of one scenario, a hundred a second. */
function some(round: string[], more = {}) {
  return planOf({ executor: 'constant-arrival-rate', start: 20, users: 5, stages: [stage(1.02, 20)], round, ...more })
}

describe.each(engines)('%s', (_name, engine) => {
  test('tells how requests failed: status, code and body', async () => {
    const body = '{"code":"PGRST003","message":"Timed out acquiring connection from connection pool."}'
    server = await knownServer(() => ({ status: 504, body }))
    const { told } = await play(engine, some(['fail']), server)
    expect(told.requests).toHaveLength(21)
    expect(told.requests.every(({ status, failed }) => status === 504 && failed)).toBe(true)
    expect(told.failureDetails.length).toBeGreaterThan(0)
    for (const detail of told.failureDetails) {
      expect(detail).toEqual({ name: 'POST refused', status: 504, code: 'PGRST003', body })
    }
  })

  test('counts a scenario that ends with an error as one failed check, without its numbers', async () => {
    server = await knownServer()
    const { told } = await play(engine, some(['fail']), server)
    const names = new Set(told.checks.filter(({ passed }) => !passed).map(({ name }) => name))
    expect(names).toEqual(new Set(['the scenario ended: row … of …….… is wrong'.replace('…….…', '….…')]))
    expect(told.iterations).toHaveLength(21)
  })

  test('names what happened to a request without an answer', async () => {
    server = await knownServer()
    const { url } = server
    server.stop()
    const { told } = await play(engine, some(['visit']), { url })
    expect(told.requests).toHaveLength(21)
    for (const { status, failed, error } of told.requests) {
      expect([status, failed]).toEqual([0, true])
      expect(error).toMatch(/refused/i)
    }
  })

  test('gives a request up after its time', async () => {
    server = await knownServer(() => ({ delayMs: 5000 }))
    const { told } = await play(engine, some(['visit'], { requestTimeoutMs: 500, users: 30 }), server)
    expect(told.requests).toHaveLength(21)
    expect(told.requests.every(({ status }) => status === 0)).toBe(true)
    for (const { durationMs } of told.requests) expect(Math.abs(durationMs - 500)).toBeLessThan(600)
  })

  test('tells every write that was answered, where the plan asks for it', async () => {
    server = await knownServer()
    const { told } = await play(engine, some(['write'], { trackWrites: true }), server)
    expect(told.writes).toHaveLength(21)
    for (const write of told.writes) {
      expect(write).toMatchObject({ table: 'profiles', version: '2026-11-23T12:00:00.5+00:00' })
      expect(write.id).toMatch(/^id-\d$/)
      expect(Math.abs(write.at - Date.now())).toBeLessThan(10_000)
    }
    expect((await play(engine, some(['write']), server)).told.writes).toEqual([])
  })

  test('tells how hard it worked, and that it was not too hard', async () => {
    server = await knownServer()
    const plan = planOf({ executor: 'constant-arrival-rate', start: 30, users: 5, stages: [stage(3, 30)] })
    const { outcome, told } = await play(engine, plan, server)
    expect(outcome.warnings).toEqual([])
    const { generator } = outcome
    expect(generator.saturated).toBeUndefined()
    expect(generator.cores).toBeGreaterThan(0)
    expect(generator.memoryPeakBytes).toBeGreaterThan(20e6)
    expect(generator.cpuCores?.mean).toBeGreaterThan(0)
    expect(generator.cpuCores?.peak).toBeLessThan(generator.cores)
    expect(generator.startLagMs).toBeLessThan(50)
    expect(told.users.length).toBeGreaterThan(1)
  })
})

/** Stops the k6 that this process has started, for a moment. */
function holdUpK6(ms: number): void {
  const processes = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,comm='], { encoding: 'utf8' }).split('\n')
  const ours = processes
    .map((line) => line.trim().split(/\s+/))
    .find(([, parent, name]) => Number(parent) === process.pid && name?.endsWith('k6'))
  const pid = Number(ours?.[0])
  process.kill(pid, 'SIGSTOP')
  setTimeout(() => process.kill(pid, 'SIGCONT'), ms)
}

const [, builtin] = engines[0] as readonly [string, Engine]
const [, k6] = engines[1] ?? []

test('the built-in engine times answers from the planned start, and says that it was too busy to keep it', async () => {
  server = await knownServer()
  const plan = planOf({ executor: 'constant-arrival-rate', start: 50, users: 50, stages: [stage(1.99, 50)] })
  setTimeout(() => {
    const until = Date.now() + 300
    while (Date.now() < until);
  }, 1200)
  const { told, outcome } = await play(builtin, plan, server)
  expect(told.startLags).toHaveLength(100)
  const late = told.startLags.filter((ms) => ms > 50)
  expect(late.length).toBeGreaterThanOrEqual(10)
  expect(Math.max(...late)).toBeGreaterThan(250)
  expect(told.requests.filter(({ durationMs }) => durationMs > 50).length).toBeGreaterThanOrEqual(late.length)
  expect(outcome.generator.saturated).toContain('ms after the plan')
})

test('the built-in engine refuses what only k6 can do', async () => {
  server = await knownServer()
  await expect(play(builtin, some(['visit']), server, { k6: { outputs: ['json=x.json'] } })).rejects.toMatchObject({
    code: 'needs_k6',
    exitCode: 2,
  })
})

describe.skipIf(!k6)('k6 alone', () => {
  test('writes its own outputs beside ours, and only a part of the test where it is told to', async () => {
    server = await knownServer()
    const folder = await mkdtemp(path.join(os.tmpdir(), 'journeys-k6-out-'))
    try {
      const file = path.join(folder, 'results.json')
      const plan = planOf({ executor: 'constant-arrival-rate', start: 50, users: 4, stages: [stage(1.99, 50)] })
      const segment = { segment: '0:1/2', sequence: '0,1/2,1' }
      const { told } = await play(k6 as Engine, plan, server, { k6: { outputs: [`json=${file}`], segment } })
      expect(server.seen).toHaveLength(50)
      expect(Math.max(...told.startLags), 'every other arrival is its own').toBeLessThan(50)
      const points = (await readFile(file, 'utf8')).split('\n').filter((line) => line.includes('"http_reqs"'))
      expect(points.length).toBeGreaterThanOrEqual(50)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test.each(['json', 'csv=-', 'json='])(
    'refuses --k6-out %s, which would write where our samples are',
    async (output) => {
      server = await knownServer()
      const playing = play(k6 as Engine, some(['visit']), server, { k6: { outputs: [output] } })
      await expect(playing).rejects.toMatchObject({ code: 'k6_output_unusable', exitCode: 2 })
    },
  )

  test.each(['1/2:1/3', '0:3/2', 'half', '0:1/2:1'])('refuses %s as a part of a test', async (segment) => {
    server = await knownServer()
    const playing = play(k6 as Engine, some(['visit']), server, { k6: { segment: { segment, sequence: '0,1' } } })
    await expect(playing).rejects.toMatchObject({ code: 'segment_unusable', exitCode: 2 })
  })

  test('finds out how late iterations began when it was held up, and counts it as the answers their users waited for', async () => {
    server = await knownServer()
    const plan = planOf({ executor: 'ramping-arrival-rate', start: 50, users: 50, stages: [stage(2.49, 50)] })
    setTimeout(() => holdUpK6(400), 1500)
    const { told } = await play(k6 as Engine, plan, server)
    expect(told.startLags.length).toBeGreaterThanOrEqual(120)
    const late = told.startLags.filter((ms) => ms > 50)
    expect(late.length).toBeGreaterThanOrEqual(5)
    expect(Math.max(...late)).toBeGreaterThan(200)
    expect(told.requests.filter(({ durationMs }) => durationMs > 50).length).toBeGreaterThanOrEqual(late.length)
  })

  test('does not take dropped iterations for late ones', async () => {
    server = await knownServer((path) => ({ delayMs: path === '/visit' ? 15 : 0 }))
    // One user at 15 ms each: of 100 arrivals a second, a third is dropped.
    const plan = planOf({ executor: 'ramping-arrival-rate', start: 100, users: 1, stages: [stage(2.99, 100)] })
    const { told } = await play(k6 as Engine, plan, server)
    expect(told.droppedCount).toBeGreaterThan(60)
    expect(told.droppedCount + told.startLags.length).toBeGreaterThanOrEqual(297)
    expect(told.startLags.filter((ms) => ms > 20).length).toBeLessThan(told.startLags.length / 20)
  })
})
