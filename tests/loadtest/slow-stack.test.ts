import { readFile } from 'node:fs/promises'
import type { LoadTestResult } from '@journeys/loadtest'
import { expect, onTestFinished, test } from 'vitest'
import { createTestStack, type TestStack } from '../support/stack.ts'
import { delayingProxy } from './delaying-proxy.ts'
import { quickConfig, quickLoad, withFolder } from './quick-load.ts'
import { createPeople, withDatabase } from './small-load.ts'

/** A whole load test of a stack that was made slow on purpose: what it says, and its report. */
async function loadTestOf(stack: TestStack, users: number): Promise<{ result: LoadTestResult; report: string }> {
  const config = await quickConfig({
    thinkTime: { minSeconds: 0.2, maxSeconds: 0.6 },
    profiles: { quick: { kind: 'load', users, rampUpSeconds: 1, holdSeconds: 7, rampDownSeconds: 1 } },
    thresholds: { http_req_duration: ['p(95)<40'] },
    warnings: {},
  })
  return withFolder(async (folder) => {
    const result = await quickLoad(stack, folder, { engine: 'auto', config })
    return { result, report: await readFile(result.reportFile as string, 'utf8') }
  })
}

async function slowStack(options: Parameters<typeof createTestStack>[0] = {}): Promise<TestStack> {
  const stack = await createTestStack(options)
  onTestFinished(() => stack.stop())
  return stack
}

function failedBecauseOf(kind: string, { result, report }: { result: LoadTestResult; report: string }): string {
  expect([result.verdict, result.exitCode]).toEqual(['fail', 99])
  const culprit = result.server?.culprits.find((one) => one.kind !== 'cpu')
  expect(culprit).toMatchObject({ kind, severity: 'critical' })
  const title = culprit?.title ?? ''
  expect(report, 'the report names it too').toContain(title.replaceAll("'", '&#39;'))
  return title
}

test('an index that was dropped fails the load test, and its name is in the report', async () => {
  const stack = await slowStack()
  await createPeople(stack, 20, 20_000)
  await withDatabase(stack, (client) => client.query('drop index public.journal_entries_user_id_date_id_idx'))
  expect(failedBecauseOf('sequential_scans', await loadTestOf(stack, 12))).toBe(
    'public.journal_entries is read as a whole: its index journal_entries_user_id_date_id_idx is gone',
  )
})

test('a function that sleeps fails the load test, and the function is in the report', async () => {
  const stack = await slowStack()
  await withDatabase(stack, async (client) => {
    const { rows } = await client.query(
      `select pg_get_functiondef('public.progress_summary(date, date)'::regprocedure) as text`,
    )
    await client.query(rows[0].text.replace(/\nbegin\n/, '\nbegin\n  perform pg_sleep(0.3);\n'))
  })
  expect(failedBecauseOf('sleep', await loadTestOf(stack, 6))).toBe('public.progress_summary sleeps: it calls pg_sleep')
})

test('a pool of two connections fails the load test, and the pool is in the report', async () => {
  // As far away as a database in another zone: quick statements, but a connection is held for all their trips.
  await using far = await delayingProxy(2)
  const stack = await slowStack({ pool: 2, postgrestDatabaseUrl: far.to })
  expect(failedBecauseOf('pool', await loadTestOf(stack, 60))).toBe("PostgREST's pool is full: 2 connections")
})
