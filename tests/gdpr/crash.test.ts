import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type CrashPoint,
  type CrashRun,
  crashPoints,
  describePoint,
  expectKilled,
  journeys,
  stepsOf,
  type Victim,
} from '../support/crash.ts'
import { type CrashProject, createCrashProject } from '../support/crash-project.ts'
import { createStoriedPerson, type StoriedPerson } from '../support/storied-person.ts'
import { tracesInRows, tracesUnder } from '../support/traces.ts'

// Issue 5, must show 1: whatever dies at whatever step of an erasure, nothing is called done that is not, and the same command again
// ends as if nothing had happened.

describe.each<{ victim: Victim; says: string }>([
  { victim: 'cli', says: 'the command is killed' },
  { victim: 'postgres', says: 'Postgres is killed' },
])('$says', ({ victim }) => {
  let project: CrashProject
  let person: StoriedPerson
  let argv: string[]
  let whole: CrashRun
  /** Rows by table after an erasure that nothing disturbed. */
  let undisturbed: Record<string, number>

  beforeAll(async () => {
    project = await createCrashProject()
    await createStoriedPerson(project)
    person = await createStoriedPerson(project)
    const planned = await journeys(project, ['gdpr', 'anonymize', person.id, '--json'])
    expect(planned.code, planned.stdout + planned.stderr).toBe(0)
    argv = ['gdpr', 'anonymize', person.id, '--plan', JSON.parse(planned.stdout).plan.id, '--confirm', person.id]
    await project.remember()
    whole = await journeys(project, argv)
    expect(whole.code, whole.stdout + whole.stderr).toBe(0)
    await expectErased()
    undisturbed = await countRows()
  })
  afterAll(() => project?.remove())

  /** True to its word, in both directions. */
  async function expectErased(): Promise<void> {
    expect(await claims()).toEqual({ ledger: ['done'], receipts: ['done'] })
    expect(await tracesInRows(project, person)).toEqual([])
    expect(await tracesUnder(project.storageFolder, person)).toEqual([])
    expect(await tracesUnder(join(project.workdir, '.journeys'), person)).toEqual([])
  }

  /** What the database says of erasures. */
  async function claims() {
    const [row] = await project.query<{ ledger: string[]; receipts: string[] }>(
      `select (select coalesce(array_agg(state), '{}') from private.erasure_ledger) as ledger,
         (select coalesce(array_agg(outcome), '{}') from private.erasure_receipts) as receipts`,
    )
    return row
  }

  async function countRows(): Promise<Record<string, number>> {
    const tables = await project.query<{ name: string }>(
      `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relkind = 'r' and n.nspname in ('public', 'partitions', 'private', 'auth', 'storage')`,
    )
    const counts = await project.query<{ name: string; rows: number }>(
      tables.map(({ name }) => `select '${name}' as name, count(*)::int as rows from ${name}`).join(' union all '),
    )
    return Object.fromEntries(counts.map(({ name, rows }) => [name, rows]))
  }

  async function survives(point: CrashPoint): Promise<void> {
    await project.recall()
    const killed = await journeys(project, argv, { crash: point })
    const undone = expectKilled(killed, point)
    await project.restartPostgres()
    if (undone) {
      const said = await claims()
      // The word stands only where the fact does: after the last commit, which is that of the receipt.
      if (said?.ledger.includes('done') || said?.receipts.length !== 0) await expectErased()
    }
    const rerun = await journeys(project, argv)
    expect(rerun.code, rerun.stdout + rerun.stderr).toBe(0)
    await expectErased()
    expect(await countRows()).toEqual(undisturbed)
  }

  it('is asked to erase somebody, and goes through every step', () => {
    expect(stepsOf(whole)).toEqual(
      expect.arrayContaining(['open', 'sessions', 'storage', 'account', 'verify', 'receipt', 'file']),
    )
  })

  it('at every moment of every step: never said done, and finished by the same command again', async () => {
    const failures: string[] = []
    const points = crashPoints(whole, [victim])
    for (const point of points) {
      await survives(point).catch((error: Error) => failures.push(`${describePoint(point)}: ${error.message}`))
    }
    expect(failures).toEqual([])
    expect(points.length).toBeGreaterThan(2 * stepsOf(whole).length - 1)
  }, 400_000)
})
