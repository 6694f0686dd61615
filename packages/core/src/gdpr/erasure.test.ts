import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createErasureBench, type ErasablePerson, type ErasureBench } from '../../../../tests/support/erasable.ts'
import { filesUnder, picture } from '../../../../tests/support/media.ts'
import { allRows } from '../../../../tests/support/person-data.ts'
import type { GdprContext } from './erasure/context.ts'
import { eraseUser, findTarget, resumeErasure } from './erasure.ts'
import { gdprKeysOf, newGdprSecret } from './key.ts'
import { planErasure } from './plan-erasure.ts'

let bench: ErasureBench
let context: GdprContext
beforeAll(async () => {
  bench = await createErasureBench()
  context = bench.context
})
afterAll(() => bench?.remove())

async function agreed({ id }: ErasablePerson) {
  const plan = await planErasure(context, id)
  return { plan: plan.id, keepStatistics: false }
}

/** Everything in the database as text: to see that nothing has changed. The limiter counts requests, and is no data. */
async function everything(): Promise<string> {
  const { 'private.rate_limits': _, ...rows } = await allRows(bench.admin)
  return JSON.stringify(rows)
}

describe('a whole erasure', () => {
  test('leaves nothing of the person in any table, no file, no session; a receipt; and everybody else as they were', async () => {
    const [anna, ben] = [await bench.newPerson(), await bench.newPerson()]
    const before = await bench.traces(ben.id)
    const outcome = await eraseUser(context, anna.email.toUpperCase(), await agreed(anna))
    expect(outcome.verification).toMatchObject({ left: [], unread: [], storage: { objects: 0 } })
    expect(outcome).toMatchObject({ outcome: 'done', before: false, erasure: expect.stringMatching(/^E-[0-9A-F]{8}$/) })
    expect(outcome.steps.filter(({ state }) => state !== 'done')).toEqual([])
    expect(outcome.steps.find(({ step }) => step === 'rows public.journal_entries')).toMatchObject({ rows: 40 })
    expect(await bench.traces(anna.id)).toEqual([])
    expect(await bench.traces(anna.email)).toEqual([])
    expect(await filesUnder(bench.stack.storageFolder)).toHaveLength(3)
    expect(await bench.traces(ben.id)).toEqual(before)
    expect(JSON.parse(await readFile(outcome.receiptFile ?? '', 'utf8'))).toMatchObject({ outcome: 'done' })
    for (const file of [outcome.receiptFile, outcome.pageFile])
      expect((await stat(file ?? '')).mode & 0o777).toBe(0o600)
    expect((await anna.client.auth.refreshSession()).data.session).toBeNull()
  })

  test("takes the person's values out of the planner's samples, too", async () => {
    const anna = await bench.newPerson()
    await bench.admin.query('analyze')
    const sampled = async () => {
      const { rows } = await bench.admin.query<{ tablename: string }>(
        `select distinct tablename from pg_catalog.pg_stats
         where concat_ws(' ', most_common_vals::text, histogram_bounds::text) like any (array['%' || $1 || '%', '%' || $2 || '%'])`,
        [anna.id, anna.email],
      )
      return rows.map(({ tablename }) => tablename)
    }
    expect(await sampled()).toEqual(expect.arrayContaining(['users', 'profiles']))
    await eraseUser(context, anna.id, await agreed(anna))
    // Only its owner may analyze auth.users, and that is not the role of the operators.
    expect(
      (await sampled()).filter(
        (table) => !['users', 'identities', 'sessions', 'refresh_tokens', 'objects'].includes(table),
      ),
    ).toEqual([])
  })

  test('is remembered by a hash alone: in the ledger, in the audit log, and in the list beside the receipts', async () => {
    const anna = await bench.newPerson()
    const requestedAt = new Date('2026-11-02T00:00:00Z')
    const options = { ...(await agreed(anna)), requestedAt, reason: 'letter of 2 November' }
    const { erasure } = await eraseUser(context, anna.id, options)
    const { rows } = await bench.admin.query('select * from private.erasure_ledger where id = $1', [erasure])
    const subjectHash = context.keys.current.subjectHash(anna.id)
    expect(rows).toMatchObject([
      {
        state: 'done',
        user_id: null,
        sealed: null,
        subject_hash: subjectHash,
        key_id: context.keys.current.id,
        actor: 'Dora the officer',
        reason: 'letter of 2 November',
        requested_at: requestedAt,
        due_at: new Date('2026-12-02T00:00:00Z'),
        plan_id: options.plan,
      },
    ])
    const { rows: audit } = await bench.admin.query("select * from private.audit_log where detail ->> 'erasure' = $1", [
      erasure,
    ])
    expect(audit).toMatchObject([{ action: 'user.erase', actor: 'Dora the officer' }])
    const list = join(bench.folder, 'ledger.jsonl')
    const lines = (await readFile(list, 'utf8')).trim().split('\n')
    expect(JSON.parse(lines.at(-1) ?? '')).toEqual({
      erasure,
      subjectHash,
      keyId: context.keys.current.id,
      openedAt: rows[0].opened_at.toISOString(),
      planId: options.plan,
    })
    expect((await stat(list)).mode & 0o777).toBe(0o600)
  })

  test('is found again by its id and by the uuid, does nothing, and writes files that are missing', async () => {
    const anna = await bench.newPerson()
    const plan = await agreed(anna)
    const { erasure, receiptFile = '', pageFile = '' } = await eraseUser(context, anna.id, plan)
    const before = await everything()
    await rm(receiptFile)
    await rm(pageFile)
    for (const who of [erasure, erasure.toLowerCase(), anna.id]) {
      expect(await findTarget(context, who)).toMatchObject({ entry: { id: erasure, state: 'done' } })
      const again = await eraseUser(context, who, { plan: 'any', keepStatistics: false })
      expect(again).toMatchObject({ outcome: 'done', before: true, receiptFile, pageFile })
    }
    expect(await readFile(receiptFile, 'utf8')).toContain(erasure)
    // What somebody changed is evidence, and is left as it is.
    await writeFile(receiptFile, 'changed')
    await resumeErasure(context, erasure)
    expect(await readFile(receiptFile, 'utf8')).toBe('changed')
    expect((await everything()).length).toBe(before.length)
    // The address is forgotten; the plan that was agreed to is not.
    expect(await findTarget(context, anna.email, plan.plan)).toMatchObject({ entry: { id: erasure, state: 'done' } })
    await expect(findTarget(context, anna.email)).rejects.toMatchObject({ code: 'user_not_found', exitCode: 1 })
    await expect(findTarget(context, 'E-00000000')).rejects.toMatchObject({ code: 'erasure_not_found', exitCode: 1 })
  })

  test('removes more files than one request carries, also those that lie in somebody else’s name', async () => {
    const anna = await bench.newPerson()
    const service = bench.stack.serviceRoleKey
    for (let n = 0; n < 120; n += 1) {
      const response = await fetch(`${bench.stack.url}/storage/v1/object/entry-media/${anna.id}/many/${n}.png`, {
        method: 'POST',
        headers: { authorization: `Bearer ${service}`, apikey: service, 'content-type': 'image/png' },
        body: new Uint8Array(picture(20)),
      })
      expect(response.status).toBe(200)
    }
    const before = (await filesUnder(bench.stack.storageFolder)).length
    expect(await eraseUser(context, anna.id, await agreed(anna))).toMatchObject({ outcome: 'done' })
    expect((await filesUnder(bench.stack.storageFolder)).length).toBe(before - 123)
    expect(await bench.traces(anna.id)).toEqual([])
  })
})

test('with statistics kept, scores that enough others wrote stay, unlinked, and the others go', async () => {
  const [anna, ben, carl] = [await bench.newPerson(), await bench.newPerson(), await bench.newPerson()]
  const config = { ...context.config, gdpr: { ...context.config.gdpr, kAnonymity: 2 } }
  const write = (who: ErasablePerson, scores: object) =>
    bench.admin.query(
      "insert into public.journal_entries (user_id, date, reflection, scores) values ($1, current_date - 45, 'x', $2)",
      [who.id, scores],
    )
  await write(anna, { sleep: 7, focus: 9 })
  for (const other of [ben, carl]) await write(other, { sleep: 3 })
  const few = { ...context, config }
  const plan = await planErasure(few, anna.id, { keepStatistics: true })
  const outcome = await eraseUser(few, anna.id, { plan: plan.id, keepStatistics: true })
  expect(outcome).toMatchObject({ outcome: 'done', plan: { options: { keepStatistics: true } } })
  const { rows } = await bench.admin.query(
    "select scores from public.journal_entries where user_id is null and (scores ? 'sleep' or scores ? 'focus')",
  )
  expect(rows).toEqual([{ scores: { sleep: 7 } }])
})

describe('refused, and nothing has changed', () => {
  test('a plan that no longer fits', async () => {
    const anna = await bench.newPerson()
    const options = await agreed(anna)
    await bench.admin.query("insert into public.journal_entries (user_id, reflection) values ($1, 'one more')", [
      anna.id,
    ])
    const before = await everything()
    const now = await agreed(anna)
    await expect(eraseUser(context, anna.id, options)).rejects.toMatchObject({
      code: 'plan_stale',
      exitCode: 1,
      detail: expect.stringContaining(now.plan),
    })
    await expect(eraseUser(context, anna.id, { ...now, keepStatistics: true })).rejects.toMatchObject({
      code: 'plan_stale',
    })
    expect(await everything()).toBe(before)
    expect(await eraseUser(context, anna.id, now)).toMatchObject({ outcome: 'done' })
  })

  test('a person under a legal hold, and one whose processing is restricted', async () => {
    const anna = await bench.newPerson()
    await bench.admin.query(
      "insert into private.legal_holds (user_id, reason, placed_by) values ($1, 'claim', 'Dora')",
      [anna.id],
    )
    const before = await everything()
    await expect(eraseUser(context, anna.id, await agreed(anna))).rejects.toMatchObject({
      code: 'under_legal_hold',
      exitCode: 1,
      hint: expect.stringContaining('journeys gdpr hold list'),
    })
    expect(await everything()).toBe(before)
    await bench.admin.query('delete from private.legal_holds where user_id = $1', [anna.id])
    await bench.admin.query(
      "insert into private.processing_restrictions (user_id, kind, reason, placed_by) values ($1, 'restriction', 'asked', 'Dora')",
      [anna.id],
    )
    await expect(eraseUser(context, anna.id, await agreed(anna))).rejects.toMatchObject({
      code: 'processing_restricted',
      hint: expect.stringContaining('journeys gdpr unrestrict'),
    })
  })

  test('someone unknown, a reason that names the person, and a folder that cannot be written', async () => {
    const anna = await bench.newPerson()
    const options = await agreed(anna)
    const before = await everything()
    await expect(eraseUser(context, 'nobody@example.test', options)).rejects.toMatchObject({ code: 'user_not_found' })
    await expect(eraseUser(context, anna.id, { ...options, reason: `by ${anna.email}` })).rejects.toMatchObject({
      code: 'reason_personal',
      exitCode: 2,
    })
    const file = join(bench.folder, 'no-folder')
    await writeFile(file, '')
    await expect(eraseUser({ ...context, folder: file }, anna.id, options)).rejects.toMatchObject({
      code: 'journal_not_written',
      exitCode: 1,
    })
    expect(await everything()).toBe(before)
  })

  test('a ledger that another key wrote: nobody in it could be recognised', async () => {
    const [anna, ben] = [await bench.newPerson(), await bench.newPerson()]
    await eraseUser(context, anna.id, await agreed(anna))
    const other = { ...context, keys: gdprKeysOf([newGdprSecret()]) }
    const before = await everything()
    const { id } = context.keys.current
    await expect(eraseUser(other, ben.id, await agreed(ben))).rejects.toMatchObject({
      code: 'gdpr_key_missing',
      exitCode: 2,
      message: expect.stringContaining(id),
    })
    expect(await everything()).toBe(before)
  })

  test('an erasure that somebody else is doing: of two at once, one says who and since when', async () => {
    const anna = await bench.newPerson()
    const options = await agreed(anna)
    // Whoever comes first waits for a row that is held here, and so is at work until the other was refused.
    await bench.admin.query('begin')
    await bench.admin.query('select from auth.users where id = $1 for update', [anna.id])
    const erasures = [eraseUser(context, anna.id, options), eraseUser(context, anna.id, options)]
    const ended = Promise.allSettled(erasures)
    await Promise.race(erasures).catch(() => undefined)
    await bench.admin.query('commit')
    const both = await ended
    expect(both.find(({ status }) => status === 'fulfilled')).toMatchObject({ value: { outcome: 'done' } })
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: {
        code: 'erasure_running',
        exitCode: 1,
        detail: expect.stringMatching(/since \d{4}-.*\n.*database session \d+/),
      },
    })
    expect(await bench.traces(anna.id)).toEqual([])
  })
})

describe('a legal hold on a part', () => {
  test('ends as partial: that part and the account stay, without a way in; when it is lifted, the rest follows', async () => {
    const anna = await bench.newPerson()
    await bench.admin.query(
      `insert into private.legal_holds (user_id, tables, reason, review_on, placed_by)
       values ($1, '{public.purchases,storage.objects}', 'a claim about a payment', '2027-01-01', 'Dora')`,
      [anna.id],
    )
    const partial = await eraseUser(context, anna.id, await agreed(anna))
    expect(partial).toMatchObject({ outcome: 'partial', held: { everything: false } })
    expect(partial.held?.tables).toEqual(expect.arrayContaining(['public.purchases', 'storage.objects']))
    expect(partial.verification?.left).toEqual([])
    expect(partial.verification?.held.length).toBeGreaterThan(0)
    const tables = new Set((await bench.traces(anna.id)).map((row) => row.split(':')[0]))
    expect([...tables].sort()).toEqual([
      'auth.users',
      'private.erasure_ledger',
      'private.legal_holds',
      'private.processing_restrictions',
      'public.purchases',
      'storage.objects',
    ])
    const receipt = JSON.parse(await readFile(partial.receiptFile ?? '', 'utf8'))
    expect(receipt).toMatchObject({
      outcome: 'partial',
      held: [{ tables: ['public.purchases', 'storage.objects'], reviewOn: '2027-01-01' }],
    })
    const signIn = await anna.client.auth.signInWithPassword({ email: anna.email, password: 'a long password' })
    expect(signIn.error?.code).toBe('user_banned')

    const same = await resumeErasure(context, partial.erasure)
    expect(same).toMatchObject({ outcome: 'partial', before: true, receiptFile: partial.receiptFile })
    await bench.admin.query('delete from private.legal_holds where user_id = $1', [anna.id])
    const done = await resumeErasure(context, partial.erasure)
    expect(done).toMatchObject({ outcome: 'done', before: false })
    expect(done.steps.find(({ step }) => step === 'rows public.purchases')).toMatchObject({ state: 'done', rows: 1 })
    expect(done.receiptFile).not.toBe(partial.receiptFile)
    expect(await bench.traces(anna.id)).toEqual([])
  })
})
