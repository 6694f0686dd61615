import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createPatient, type Patient } from '../../../../../tests/support/health.ts'

let patient: Patient
beforeAll(async () => {
  patient = await createPatient()
})
afterAll(() => patient?.end())

const person = "'a0000000-0000-4000-8000-00000000000a'"
const check = () => patient.check('holds-and-restrictions')
const placeHold = (reviewOn: string) =>
  patient.execute(
    `insert into auth.users (id) values (${person}) on conflict do nothing;
     insert into private.legal_holds (user_id, reason, review_on, placed_by) values (${person}, 'a claim', ${reviewOn}, 'dpo')`,
  )
beforeEach(async () => {
  expect(await check()).toMatchObject({ state: 'ok' })
})
afterEach(() => patient.execute('delete from private.legal_holds'))

describe('holds and restrictions', () => {
  test('a hold that nobody looks at again is a warning from its day on', async () => {
    await placeHold('current_date + 1')
    expect(await check()).toMatchObject({ state: 'ok' })
    await placeHold('current_date')
    expect(await check()).toMatchObject({
      state: 'warning',
      summary: expect.stringMatching(/^legal hold \d+ has to be looked at since \d{4}-\d\d-\d\d$/),
      remediation: 'journeys gdpr hold list --due',
    })
  })

  test('a table of people without a guard is a warning, critical once somebody is held; typing the advice heals', async () => {
    await patient.execute('create table public."Letters" (user_id uuid references auth.users (id) on delete cascade)')
    try {
      const found = await check()
      expect(found).toMatchObject({ state: 'warning', summary: expect.stringContaining('"Letters" is not guarded') })
      await placeHold('null')
      expect(await check()).toMatchObject({ state: 'critical' })
      await patient.execute(found.remediation ?? '')
      expect(await check()).toMatchObject({ state: 'ok' })
      await patient.execute(`insert into public."Letters" values (${person})`)
      await expect(patient.execute('delete from public."Letters"')).rejects.toMatchObject({ constraint: 'legal_hold' })
    } finally {
      await patient.execute('drop table public."Letters"')
    }
  })

  test.each([
    ['public.profiles', 'profiles_person'],
    ['public.journal_entries', 'journal_entries_person'],
  ])('a guard of %s that is switched off is found; typing the advice heals', async (table, trigger) => {
    await patient.execute(`alter table ${table} disable trigger ${trigger}`)
    const found = await check()
    expect(found).toMatchObject({
      state: 'warning',
      summary: expect.stringMatching(/^the guard \w+ of .* is switched off/),
    })
    await patient.execute(`alter table ${table} enable trigger ${trigger}`)
    expect(await check()).toMatchObject({ state: 'ok' })
  })

  test('a single month of the journal that is open is found', async () => {
    const month = `partitions.journal_entries_${new Date().toISOString().slice(0, 7).replace('-', '_')}`
    await patient.execute(`alter table ${month} disable trigger journal_entries_person`)
    const found = await check()
    expect(found).toMatchObject({
      state: 'warning',
      remediation: `alter table ${month} enable trigger journal_entries_person;`,
    })
    await patient.execute(found.remediation ?? '')
  })
})
