import { connect } from '@journeys/core/ops'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { analyse } from '../../packages/loadtest/src/analysis/analysis.ts'
import { builtinEngine } from '../../packages/loadtest/src/engines/builtin/builtin-engine.ts'
import type { Fault } from '../../packages/loadtest/src/fault/fault.ts'
import { type ConfirmedWrite, findLostWrites } from '../../packages/loadtest/src/fault/lost-writes.ts'
import { postmasterFault } from '../../packages/loadtest/src/fault/postmaster-fault.ts'
import { planLoad } from '../../packages/loadtest/src/profiles/plan.ts'
import { Recorder } from '../../packages/loadtest/src/recorder/recorder.ts'
import { appScenarios } from '../../packages/loadtest/src/scenarios/index.ts'
import { databaseUsers } from '../../packages/loadtest/src/users/database-users.ts'
import { startStack } from '../../packages/stack/src/lifecycle/start.ts'
import { readState, type StackState } from '../../packages/stack/src/lifecycle/state.ts'
import { createProject, type TestProject } from '../support/project.ts'
import { config } from './synthetic-run.ts'

let project: TestProject
let stack: StackState

beforeAll(async () => {
  project = await createProject()
  stack = await startStack({ workdir: project.workdir })
})
afterAll(() => project?.remove())

test('a supervised stack whose database is killed under load is back in seconds, and no confirmed write is lost', async () => {
  const profile = {
    kind: 'recovery' as const,
    users: 60,
    rampUpSeconds: 1,
    beforeSeconds: 3,
    outageSeconds: 6,
    afterSeconds: 8,
    rampDownSeconds: 1,
  }
  const loadtest = {
    ...config.loadtest,
    thinkTime: { minSeconds: 0.1, maxSeconds: 0.3 },
    profiles: { recovery: profile },
  }
  const plan = planLoad({ profile: 'recovery', config: loadtest })
  const recorder = new Recorder(plan)
  const never = new AbortController().signal
  const target = { name: 'local', production: false, isLocal: true, supabaseUrl: stack.apiUrl, ...stack }
  const source = await databaseUsers(target, stack.databaseUrl)
  try {
    const run = '20261123-120000-test'
    const users = await source.make({ run, count: plan.users, lifetimeMs: 600_000, keep: false, signal: never })
    const fault = postmasterFault(async () => ((await readState(project)) as StackState).postgresPid)
    const injected = injectAt(plan.faultAtMs ?? 0, fault)
    const { generator } = await builtinEngine.run({
      plan,
      scenarios: appScenarios,
      url: stack.apiUrl,
      anonKey: stack.anonKey,
      users,
      recorder,
      signal: never,
    })
    const lostWrites = await findLostWrites(stack.databaseUrl, recorder.writes)
    const { analysis, findings } = analyse({ plan, recorder, config, generator, fault: await injected, lostWrites })
    if (analysis?.kind !== 'recovery') throw new Error(JSON.stringify(findings))
    const figures = JSON.stringify(analysis, null, 1)
    expect(findings, figures).toEqual({ fail: [], warn: [], inconclusive: [], invalid: [] })
    expect(analysis.lostWrites?.lost, figures).toBe(0)
    expect(analysis.lostWrites?.checked, figures).toBeGreaterThan(100)
    expect(analysis.failedRequests).toBeGreaterThan(0)
    expect(analysis.secondsToFirstSuccess).toBeLessThan(10)
    await expectLossToBeSeen(recorder.writes)
    expect((await source.remove(run)).left).toBe(0)
  } finally {
    await source.close()
  }
})

/** The search is worth nothing if it cannot fail: takes away one row of each table. */
async function expectLossToBeSeen(writes: readonly ConfirmedWrite[]): Promise<void> {
  const idIn = (table: ConfirmedWrite['table']) => writes.findLast((write) => write.table === table)?.id
  const database = await connect(stack.databaseUrl)
  try {
    await database.query('delete from public.journal_entries where id = $1', [idIn('journal_entries')])
    await database.query('delete from public.purchases where id = $1', [idIn('purchases')])
    await database.query('delete from public.profiles where user_id = $1', [idIn('profiles')])
  } finally {
    await database.end()
  }
  const { lost, examples } = await findLostWrites(stack.databaseUrl, writes)
  expect(lost).toBe(3)
  expect(new Set(examples.map(({ table }) => table))).toEqual(new Set(['journal_entries', 'profiles', 'purchases']))
}

async function injectAt(ms: number, fault: Fault): Promise<{ description: string; at: number }> {
  await new Promise((resolve) => setTimeout(resolve, ms))
  const at = Date.now()
  await fault.inject(new AbortController().signal)
  return { description: fault.description, at }
}
