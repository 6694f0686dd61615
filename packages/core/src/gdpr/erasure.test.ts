import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createErasureBench, type ErasablePerson, type ErasureBench } from '../../../../tests/support/erasable.ts'
import { filesUnder } from '../../../../tests/support/media.ts'
import { allRows } from '../../../../tests/support/person-data.ts'
import { eraseUser, findTarget, resumeErasure } from './erasure.ts'
import { planErasure } from './plan-erasure.ts'

let bench: ErasureBench
beforeAll(async () => {
  bench = await createErasureBench()
})
afterAll(() => bench?.remove())

async function planned(person: ErasablePerson, keepStatistics = false) {
  const plan = await planErasure(bench.context, person.id, { keepStatistics })
  return { plan: plan.id, keepStatistics }
}

describe('a whole erasure', () => {
  test('leaves nothing of the person in any table, no file, no session; a receipt; and everybody else as they were', async () => {
    const [anna, ben] = [await bench.newPerson(), await bench.newPerson()]
    const ofBen = async () => await bench.traces(ben.id)
    const before = await ofBen()
    const outcome = await eraseUser(bench.context, anna.email.toUpperCase(), await planned(anna))
    expect(outcome).toMatchObject({ outcome: 'done', before: false, erasure: expect.stringMatching(/^E-[0-9A-F]{8}$/) })
    expect(outcome.steps.filter(({ state }) => state !== 'done')).toEqual([])
    expect(outcome.steps.find(({ step }) => step === 'rows public.journal_entries')).toMatchObject({ rows: 40 })
    expect(outcome.verification).toMatchObject({ left: [], unread: [], storage: { objects: 0 } })
    expect(await bench.traces(anna.id)).toEqual([])
    expect(await bench.traces(anna.email)).toEqual([])
    expect((await filesUnder(bench.stack.storageFolder)).length).toBe(3)
    expect(await ofBen()).toEqual(before)
    expect(await readFile(outcome.receiptFile ?? '', 'utf8')).toContain('"outcome":"done"')
    expect((await stat(outcome.receiptFile ?? '')).mode & 0o777).toBe(0o600)
    expect((await stat(outcome.pageFile ?? '')).mode & 0o777).toBe(0o600)
    const { data } = await anna.client.auth.refreshSession()
    expect(data.session).toBeNull()
  })
})
