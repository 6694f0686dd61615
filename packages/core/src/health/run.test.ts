import { join } from 'node:path'
import { loadConfig, runHealth } from '@journeys/core/ops'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPatient, type Patient } from '../../../../tests/support/health.ts'
import { checks, healthCheckIds } from './checks/index.ts'
import { healthExitCode, reportOf, summarize } from './report.ts'

const root = join(import.meta.dirname, '../../../..')
let patient: Patient
beforeAll(async () => {
  patient = await createPatient({ withApi: true })
})
afterAll(() => patient?.end())

const run = async (options: { only?: string[]; signal?: AbortSignal } = {}) => {
  const { config } = await loadConfig({ workdir: root, processEnv: {} })
  return await runHealth({ environment: patient.environment, config, workdir: root, ...options })
}

test('a fresh stack is all green, with nothing to do', async () => {
  const report = await run()
  expect(report.checks.filter(({ state }) => state !== 'ok')).toEqual([])
  expect(report).toMatchObject({
    verdict: 'ok',
    counts: { ok: checks.length, warning: 0, critical: 0, unknown: 0 },
    checkedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
  })
  for (const check of report.checks) {
    expect(check.remediation).toBeUndefined()
    expect(check.why).toBeUndefined()
    expect(check.summary).not.toBe('')
  }
  expect(healthExitCode(report)).toBe(0)
})

test('the checks leave no session behind', async () => {
  await run()
  const client = await patient.session()
  await expect
    .poll(async () => {
      const { rows } = await client.query(
        "select count(*)::int as open from pg_stat_activity where datname = current_database() and application_name = 'journeys health'",
      )
      return rows[0].open
    })
    .toBe(0)
})

test('ids are unique and can be typed; each says which table of a document it is', () => {
  expect(new Set(healthCheckIds).size).toBe(checks.length)
  for (const { id, title } of checks) {
    expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/)
    expect(title).toMatch(/^[A-Z]/)
  }
})

test('--only runs these and no others; a name that does not exist lists those that do', async () => {
  const report = await run({ only: ['partitions', 'database'] })
  expect(report.checks.map(({ id }) => id)).toEqual(['database', 'partitions'])
  await expect(run({ only: ['partitons'] })).rejects.toMatchObject({
    code: 'health_check_unknown',
    exitCode: 2,
    detail: expect.stringContaining('blocked-queries'),
    hint: expect.stringContaining('did you mean partitions?'),
  })
})

test('Ctrl-C ends it at once, as interrupted', async () => {
  const controller = new AbortController()
  const running = run({ signal: controller.signal })
  controller.abort()
  await expect(running).rejects.toMatchObject({ code: 'interrupted', exitCode: 130 })
})

describe('verdict and exit code', () => {
  const check = { id: 'x', title: 'X', fine: 'fine', sql: '' }
  const verdictOf = (...states: ('ok' | 'unknown' | 'warning' | 'critical')[]) =>
    reportOf(
      states.map((state) => summarize(check, [{ state, summary: state }], undefined, 1)),
      new Date(),
      1,
    )

  test('the worst state decides; a warning is worse than not knowing, and not knowing is not ok', () => {
    expect(verdictOf('ok', 'ok').verdict).toBe('ok')
    expect(verdictOf('ok', 'unknown').verdict).toBe('unknown')
    expect(verdictOf('unknown', 'warning').verdict).toBe('warning')
    expect(verdictOf('warning', 'critical', 'unknown').verdict).toBe('critical')
    expect(reportOf([], new Date(), 1).verdict).toBe('unknown')
  })

  test('exit codes are those of Nagios, from the state that was asked for upwards', () => {
    const codes = (failOn?: 'unknown' | 'warning' | 'critical') =>
      (['ok', 'unknown', 'warning', 'critical'] as const).map((state) => healthExitCode({ verdict: state }, failOn))
    expect(codes()).toEqual([0, 3, 1, 2])
    expect(codes('warning')).toEqual([0, 0, 1, 2])
    expect(codes('critical')).toEqual([0, 0, 0, 2])
  })
})
