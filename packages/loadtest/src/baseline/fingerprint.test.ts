import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { LoadPlan } from '../profiles/plan.ts'
import { appScenarios } from '../scenarios/index.ts'
import { checkComparable, fingerprintDifferences, fingerprintOf } from './fingerprint.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'journeys-fingerprint-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const plan: LoadPlan = {
  profile: 'load',
  kind: 'load',
  model: 'closed',
  executor: 'ramping-vus',
  users: 10,
  start: 0,
  stages: [{ phase: 'steady', judged: true, durationMs: 10_000, target: 10 }],
  gracefulStopMs: 30_000,
  gracefulRampDownMs: 30_000,
  thinkTime: { minMs: 1000, maxMs: 3000 },
  weights: { journal_creation: 1 },
  round: ['journal_creation'],
  requestTimeoutMs: 30_000,
  trackWrites: false,
}
const engine = { name: 'k6', version: '1.8.1' }

const scenario = async (text: string) => {
  const module = path.join(folder, 'scenarios.ts')
  await writeFile(module, text)
  return fingerprintOf({ environment: 'local', plan, engine, scenarios: { module } })
}

test('the same run has the same fingerprint, whatever the order of its keys and the layout of its code', async () => {
  const first = await fingerprintOf({ environment: 'local', plan, scenarios: appScenarios, engine })
  const turned = Object.fromEntries(Object.entries(plan).reverse()) as unknown as LoadPlan
  expect(await fingerprintOf({ environment: 'local', plan: turned, scenarios: appScenarios, engine })).toEqual(first)
  expect(await scenario('// one\nexport const scenarios = { a: 1 }\n')).toEqual(
    await scenario('export const scenarios = {\n  a: 1, // two\n}\n'),
  )
})

test('another plan, engine or scenario is another fingerprint', async () => {
  const first = await scenario('export const scenarios = { a: 1 }')
  const differing = async (second: Awaited<typeof first>) =>
    fingerprintDifferences(first, second).map(({ what }) => what)
  expect(await differing(await scenario('export const scenarios = { a: 2 }'))).toEqual(["scenarios' code"])
  const scenarios = { module: path.join(folder, 'scenarios.ts') }
  await scenario('export const scenarios = { a: 1 }')
  const of = (changes: Partial<LoadPlan>, version = '1.8.1') =>
    fingerprintOf({ environment: 'local', plan: { ...plan, ...changes }, scenarios, engine: { name: 'k6', version } })
  expect(await differing(await of({ users: 11 }))).toEqual(['plan (phases, users, rate, weights, think time)'])
  expect(await differing(await of({}, '1.9.0'))).toEqual(['engine'])
  expect(await differing(await of({}))).toEqual([])
})

test('the machine is told without its name', async () => {
  const { machine } = await fingerprintOf({ environment: 'local', plan, scenarios: appScenarios, engine })
  expect(machine).toMatch(/^\w+ \w+, \d+ cores?, \d+ GB/)
  expect(machine).not.toContain(os.hostname())
})

test('a run that could not be compared is refused before it begins, unless by force', async () => {
  const fingerprint = await fingerprintOf({ environment: 'local', plan, scenarios: appScenarios, engine })
  const other = { ...fingerprint, engine: 'builtin 0.1.0' }
  expect(() => checkComparable(fingerprint, fingerprint, 'main')).not.toThrow()
  expect(() => checkComparable(fingerprint, other, 'main', true)).not.toThrow()
  expect(() => checkComparable(fingerprint, other, 'main')).toThrow(
    expect.objectContaining({
      code: 'baseline_not_comparable',
      exitCode: 2,
      detail: 'the engine is builtin 0.1.0, was k6 1.8.1',
    }),
  )
})
