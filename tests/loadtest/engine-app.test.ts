import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findLostWrites } from '../../packages/loadtest/src/fault/lost-writes.ts'
import { appScenarios } from '../../packages/loadtest/src/scenarios/index.ts'
import { databaseUsers } from '../../packages/loadtest/src/users/database-users.ts'
import { createTestStack, type TestStack } from '../support/stack.ts'
import { engines, planOf, play, stage } from './engine-play.ts'
import { targetOf } from './quick-load.ts'

let stack: TestStack
beforeAll(async () => {
  stack = await createTestStack()
})
afterAll(async () => {
  await stack?.stop()
})

const round = ['journal_creation', 'profile_updates', 'progress_viewing', 'journal_creation', 'premium_purchases']

describe.each(engines)("the app's scenarios on %s", (name, engine) => {
  test('are answered rightly, and every write that they tell is in the database', async () => {
    const source = await databaseUsers(targetOf(stack), stack.database.url)
    const run = `20261123-120000-${name === 'k6' ? 'aaaa' : 'bbbb'}`
    const signal = new AbortController().signal
    const users = await source.make({ run, count: 8, lifetimeMs: 600_000, keep: false, signal })
    try {
      const thinkTime = { minMs: 100, maxMs: 200 }
      const plan = planOf({
        executor: 'ramping-vus',
        start: 8,
        stages: [stage(3, 8)],
        round,
        thinkTime,
        trackWrites: true,
      })
      const more = { scenarios: appScenarios, users, anonKey: stack.anonKey }
      const { told, outcome } = await play(engine, plan, { url: stack.url }, more)
      expect(outcome.warnings).toEqual([])
      expect(told.requests.filter(({ failed }) => failed)).toEqual([])
      expect(told.checks.filter(({ passed }) => !passed)).toEqual([])
      expect(told.iterations.length).toBeGreaterThan(50)

      const writes = told.requests.filter(({ name }) => /^(POST|PATCH)/.test(name)).length
      expect(told.writes).toHaveLength(writes)
      expect(new Set(told.writes.map(({ table }) => table))).toEqual(
        new Set(['journal_entries', 'profiles', 'purchases']),
      )
      // A profile is written again and again: only the last write of it can be looked for.
      const rows = new Set(told.writes.map(({ table, id }) => `${table} ${id}`))
      expect(await findLostWrites(stack.database.url, told.writes)).toMatchObject({ lost: 0, checked: rows.size })
    } finally {
      await source.remove(run)
      await source.close()
    }
  })
})
