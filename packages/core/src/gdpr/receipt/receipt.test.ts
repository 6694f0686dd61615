import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { exampleSearch, ReceiptBench } from '../../../../../tests/support/receipts.ts'
import type { Database } from '../../database/connection.ts'
import { type GdprKeys, gdprKeysOf, newGdprSecret } from '../key.ts'
import { fileReceipt } from './receipt-file.ts'
import { reinstateReceipts } from './reinstate.ts'
import { verifyReceipt } from './verify-receipt.ts'
import { type WrittenReceipt, writeReceipt } from './write-receipt.ts'

let bench: ReceiptBench
let database: Database
let keys: GdprKeys
let folder: string

beforeAll(async () => {
  bench = await ReceiptBench.create()
  database = bench.database
  keys = bench.keys
  folder = await mkdtemp(join(tmpdir(), 'journeys-receipts-'))
})
afterAll(async () => {
  await bench?.drop()
  if (folder) await rm(folder, { recursive: true })
})
beforeEach(() => bench.clear())

const environment = { name: 'local' }

describe('a receipt', () => {
  test('says what was done without saying to whom, and holds against everything', async () => {
    const userId = crypto.randomUUID()
    const { receipt, text } = await bench.finish(await bench.openErasure({ userId }))
    expect(receipt).toMatchObject({
      seq: 1,
      previous: null,
      outcome: 'done',
      deadlineKept: true,
      subjectHash: keys.current.subjectHash(userId),
      plan: {
        erase: [{ table: 'public.profiles', rows: 1 }],
        keep: [{ table: 'public.purchases', rows: 3, ground: 'accounting law', until: '2036-12-31' }],
      },
      steps: [{ step: 'open' }, { step: 'rows public.profiles', attempts: 2, rows: 1 }],
      byHand: [{ step: 'backups', title: 'Backups', doneAt: null }],
    })
    expect(text).not.toContain(userId)
    expect(text).not.toContain('Ben')
    const { checks } = await bench.verify(`${text}\n`)
    expect(checks.map(({ check, state }) => `${check} ${state}`)).toEqual([
      'form ok',
      'key ok',
      'signature ok',
      'chain ok',
      'ledger ok',
      'database ok',
    ])
  })

  test('names the one before it, and two written at the same time get 1 and 2', async () => {
    const [one, other] = [await bench.openErasure(), await bench.openErasure()]
    const written = await Promise.all([bench.finish(one), bench.finish(other)])
    const [first, second] = written.sort((a, b) => a.receipt.seq - b.receipt.seq) as [WrittenReceipt, WrittenReceipt]
    expect([first.receipt.seq, second.receipt.seq]).toEqual([1, 2])
    expect(second.receipt.previous).toEqual({ seq: 1, hash: first.hash })
    await bench.verify(first.text)
    await bench.verify(second.text)
  })

  test('takes no number when its transaction fails', async () => {
    const erasure = await bench.openErasure()
    const broken = database.transaction(async (transaction) => {
      await writeReceipt(
        transaction,
        { keys, environment },
        {
          erasure,
          outcome: 'done',
          finishedAt: new Date(),
          search: exampleSearch,
          storage: null,
          dismissed: [],
          held: [],
        },
      )
      throw new Error('the power went')
    })
    await expect(broken).rejects.toThrow('the power went')
    expect((await bench.finish(erasure)).receipt.seq).toBe(1)
  })

  test('is signed with the key that its entry was written with, also after a new one came into use', async () => {
    const erasure = await bench.openErasure()
    const renewed = gdprKeysOf([newGdprSecret(), bench.secret])
    const { receipt, text } = await bench.finish(erasure, { under: renewed })
    expect(receipt.keyId).toBe(keys.current.id)
    const { checks } = await verifyReceipt({ database, keys: renewed, environment }, text)
    expect(checks.find(({ check }) => check === 'key')?.says).toContain('in use before')
    await expect(
      bench.finish(await bench.openErasure(), { under: gdprKeysOf([newGdprSecret()]) }),
    ).rejects.toMatchObject({
      code: 'gdpr_key_missing',
    })
  })

  test('can be checked by somebody who has the published key and no database', async () => {
    const { text, receipt } = await bench.finish(await bench.openErasure())
    const stranger = { keys: gdprKeysOf([newGdprSecret()]), environment: { name: 'elsewhere' } }
    const { checks } = await verifyReceipt(stranger, text, { publicKey: receipt.publicKey })
    expect(checks.map(({ state }) => state)).toEqual(['ok', 'ok', 'ok', 'skipped', 'skipped', 'skipped'])
    await expect(verifyReceipt(stranger, text)).rejects.toMatchObject({ code: 'receipt_key_unknown', exitCode: 1 })
    const other = gdprKeysOf([newGdprSecret()]).current.publicKey
    await expect(verifyReceipt(stranger, text, { publicKey: other })).rejects.toMatchObject({
      code: 'receipt_key_unknown',
    })
  })
})

test('the files are for their owner alone, the JSON byte for byte what was signed', async () => {
  const { receipt, text } = await bench.finish(await bench.openErasure())
  const { receiptFile, pageFile } = await fileReceipt(folder, text)
  expect(await readFile(receiptFile, 'utf8')).toBe(`${text}\n`)
  expect((await stat(receiptFile)).mode & 0o777).toBe(0o600)
  const before = await stat(pageFile)
  await fileReceipt(folder, text)
  expect((await stat(pageFile)).mtimeMs).toBe(before.mtimeMs)
  const page = await readFile(pageFile, 'utf8')
  expect(page).toContain(receipt.subjectHash)
  expect(page).toMatch(/<style>.*@page \{.*<\/style>/s)
  expect(page).not.toMatch(/<script|https?:/)
  expect((await readdir(folder)).filter((name) => name.endsWith('.part'))).toEqual([])
})

describe('after a restore of an older database', () => {
  test('filed receipts are put back into the chain and the ledger, and the next one continues them', async () => {
    const first = await bench.finish(await bench.openErasure())
    const second = await bench.finish(await bench.openErasure())
    const third = await bench.finish(await bench.openErasure())
    const place = join(folder, 'restored')
    for (const { text } of [first, second, third]) await fileReceipt(place, text)
    await writeFile(join(place, '0002-E-FFFFFFFF.json'), second.text.replace('"seq":2', '"seq":3'))
    await bench.tamper(`delete from private.erasure_receipts where seq > 1;
      delete from private.erasure_ledger where id <> '${first.receipt.erasure}'`)

    expect(await reinstateReceipts(bench, [place])).toBe(2)
    expect(await reinstateReceipts(bench, [place])).toBe(0)
    for (const { text } of [first, second, third]) {
      expect((await bench.verify(text)).checks.every(({ state }) => state === 'ok')).toBe(true)
    }
    const { rows } = await database.query('select step, done_at from private.erasure_by_hand where erasure_id = $1', [
      second.receipt.erasure,
    ])
    expect(rows).toEqual([{ step: 'backups', done_at: null }])
    expect((await bench.finish(await bench.openErasure())).receipt.previous).toEqual({ seq: 3, hash: third.hash })
  })

  test('not what another key signed, nor what another environment filed, nor a chain that went on without them', async () => {
    await bench.finish(await bench.openErasure())
    const lost = await bench.finish(await bench.openErasure())
    const place = join(folder, 'forked')
    await fileReceipt(place, lost.text)
    await bench.tamper(
      `delete from private.erasure_receipts where seq = 2; delete from private.erasure_ledger where id = '${lost.receipt.erasure}'`,
    )
    const { database: target, keys: own } = bench
    const other = gdprKeysOf([newGdprSecret()])
    expect(await reinstateReceipts({ database: target, keys: other, environment }, [place])).toBe(0)
    expect(await reinstateReceipts({ database: target, keys: own, environment: { name: 'live' } }, [place])).toBe(0)
    await bench.finish(await bench.openErasure())
    expect(await reinstateReceipts(bench, [place])).toBe(0)
    await expect(bench.verify(lost.text)).rejects.toMatchObject({ code: 'receipt_unknown' })
  })
})
