import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ReceiptBench } from '../../../../../tests/support/receipts.ts'
import type { Database } from '../../database/connection.ts'
import { planPurge, purgeLedger } from './purge-ledger.ts'
import { fileReceipt, receiptFiles } from './receipt-file.ts'

let bench: ReceiptBench
let database: Database
let admin: Database
let folder: string

beforeAll(async () => {
  bench = await ReceiptBench.create()
  database = bench.database
  admin = bench.admin
  folder = await mkdtemp(join(tmpdir(), 'journeys-purge-'))
})
afterAll(async () => {
  await bench?.drop()
  if (folder) await rm(folder, { recursive: true })
})
beforeEach(() => bench.clear())

describe('purging', () => {
  const context = () => ({
    database,
    folder,
    actor: 'Ben',
    config: { gdpr: { ledgerPeriod: '3 years' }, personalData: {} } as never,
  })

  test('forgets what is old and ticked off, keeps the chain, and may be repeated', async () => {
    const old = new Date(Date.now() - 4 * 365 * 86_400_000)
    const [purged, waiting, recent] = [await bench.openErasure(), await bench.openErasure(), await bench.openErasure()]
    const first = await bench.finish(purged, { finishedAt: old })
    const second = await bench.finish(waiting, { finishedAt: old })
    const third = await bench.finish(recent)
    await database.query(`update private.erasure_by_hand set done_at = now(), done_by = 'Ben' where erasure_id = $1`, [
      purged,
    ])
    for (const { text } of [first, second, third]) await fileReceipt(folder, text)
    const list = join(folder, 'ledger.jsonl')
    await writeFile(list, [purged, waiting, recent].map((erasure) => `{"erasure":"${erasure}"}\n`).join(''))

    const plan = await planPurge(context())
    expect(plan.purge).toMatchObject([{ erasure: purged, receipts: 1 }])
    expect(plan.waiting).toMatchObject([{ erasure: waiting, openByHand: ['backups'] }])
    expect((await database.query('select from private.erasure_ledger')).rowCount).toBe(3)

    expect(await purgeLedger(context())).toMatchObject({ receipts: 1, files: 2 })
    const { rows } = await database.query('select id from private.erasure_ledger order by id')
    expect(rows).toEqual([{ id: waiting }, { id: recent }])
    expect(await readFile(list, 'utf8')).toBe(`{"erasure":"${waiting}"}\n{"erasure":"${recent}"}\n`)
    const left = await readdir(folder)
    expect(left).not.toContain(receiptFiles('', first.receipt).receiptFile)
    expect(left).toContain(receiptFiles('', second.receipt).pageFile)

    expect((await bench.verify(third.text)).checks.find(({ check }) => check === 'chain')?.says).toContain(
      '1 of them purged',
    )
    expect((await bench.verify(second.text)).checks.every(({ state }) => state === 'ok')).toBe(true)
    // Whoever kept a copy can still show that it was in the chain.
    const copy = await bench.verify(first.text)
    expect(copy.checks.find(({ check }) => check === 'ledger')).toMatchObject({
      state: 'skipped',
      says: expect.stringContaining('purged on'),
    })
    expect(await purgeLedger(context())).toMatchObject({ purge: [], receipts: 0, files: 0 })
    const { rows: audit } = await admin.query(
      `select actor, detail from private.audit_log where action = 'erasures.purge'`,
    )
    expect(audit).toMatchObject([{ actor: 'Ben', detail: { erasures: 1, receipts: 1 } }])
  })

  test('a purged receipt that was changed before is noticed by the one after it', async () => {
    const old = new Date(Date.now() - 4 * 365 * 86_400_000)
    const erasure = await bench.openErasure()
    await bench.finish(erasure, { finishedAt: old })
    await database.query(`update private.erasure_by_hand set done_at = now(), done_by = 'Ben' where erasure_id = $1`, [
      erasure,
    ])
    const { text } = await bench.finish(await bench.openErasure())
    await purgeLedger(context())
    await bench.verify(text)
    await bench.tamper(`update private.erasure_receipts set hash = repeat('0', 64) where seq = 1`)
    await expect(bench.verify(text)).rejects.toMatchObject({
      code: 'receipt_chain_broken',
      detail: expect.stringContaining('receipt 2 does not continue the one before it'),
    })
  })
})
