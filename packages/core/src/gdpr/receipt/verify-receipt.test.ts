import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createUser } from '../../../../../tests/support/database.ts'
import { ReceiptBench } from '../../../../../tests/support/receipts.ts'
import type { Database } from '../../database/connection.ts'
import { type GdprKeys, gdprKeysOf, newGdprSecret } from '../key.ts'
import { canonicalJson, signedBytes } from './canonical.ts'
import type { Receipt } from './receipt.ts'
import { verifyReceipt } from './verify-receipt.ts'
import type { WrittenReceipt } from './write-receipt.ts'

let bench: ReceiptBench
let database: Database
let admin: Database
let keys: GdprKeys

beforeAll(async () => {
  bench = await ReceiptBench.create()
  database = bench.database
  admin = bench.admin
  keys = bench.keys
})
afterAll(() => bench?.drop())
beforeEach(() => bench.clear())

const environment = { name: 'local' }

describe('what was changed is noticed', () => {
  let written: WrittenReceipt
  beforeEach(async () => {
    await bench.finish(await bench.openErasure())
    written = await bench.finish(await bench.openErasure())
    await bench.finish(await bench.openErasure())
  })

  test('any byte of the file', async () => {
    const bytes = Buffer.from(written.text)
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const changed = Buffer.from(bytes)
        changed[at] = (bytes[at] ?? 0) ^ change
        await expect(verifyReceipt({ keys, environment }, changed.toString('utf8'))).rejects.toMatchObject({
          exitCode: 1,
        })
      }),
      { numRuns: 400 },
    )
  })

  test('any byte that is left out, doubled or put in', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(written.text.length - 1), fc.constantFrom('', ' ', '0', '\n', '"'), async (at, put) => {
        for (const changed of [
          written.text.slice(0, at) + put + written.text.slice(at + 1),
          written.text.slice(0, at) + put + written.text.slice(at),
          written.text.slice(0, at),
        ]) {
          if (changed === written.text) continue
          await expect(verifyReceipt({ keys, environment }, changed)).rejects.toMatchObject({
            code: 'receipt_tampered',
          })
        }
      }),
      { numRuns: 200 },
    )
  })

  test('any value, also when the text is canonical again', async () => {
    const paths = leavesOf(written.receipt)
    expect(paths.length).toBeGreaterThan(50)
    for (const path of paths) {
      const changed = changedAt(written.receipt, path)
      const verdict = await verifyReceipt({ keys, environment }, canonicalJson(changed)).then(
        () => 'accepted',
        (error: { code: string }) => error.code,
      )
      expect(verdict, path.join('.')).toBe('receipt_tampered')
    }
  })

  test('and it is said what does not fit', async () => {
    const changed = canonicalJson({ ...written.receipt, deadlineKept: false })
    await expect(bench.verify(changed)).rejects.toMatchObject({
      code: 'receipt_tampered',
      exitCode: 1,
      detail: expect.stringMatching(/^signature: .*\nchain: .*another receipt number 2: they differ in deadlineKept/s),
    })
    await expect(bench.verify('{"half":')).rejects.toMatchObject({
      code: 'receipt_tampered',
      detail: expect.stringContaining('no JSON'),
    })
  })

  test('a receipt that somebody signed anew with another key, here and in the database', async () => {
    const forger = gdprKeysOf([newGdprSecret()]).current
    const { signature: _, ...content } = written.receipt
    const forged = { ...content, deadlineKept: false, keyId: forger.id, publicKey: forger.publicKey }
    const text = canonicalJson({ ...forged, signature: forger.sign(signedBytes(forged)).toString('base64url') })
    await expect(bench.verify(text)).rejects.toMatchObject({
      code: 'receipt_tampered',
      detail: expect.stringContaining("not one of this environment's keys"),
    })
  })

  test.each([
    ['one taken out of the middle', 'delete from private.erasure_receipts where seq = 2', 1, 'receipt 2 is missing'],
    [
      'the last one cut off',
      'delete from private.erasure_receipts where seq = 3',
      2,
      'is done in the ledger, and its receipt is missing',
    ],
    [
      'the text of another',
      `update private.erasure_receipts set body = replace(body, 'true', 'false') where seq = 3`,
      2,
      'receipt 3 is not what its hash is of',
    ],
    [
      'the text and the hash of another',
      `update private.erasure_receipts set body = 'x', hash = encode(sha256('x'), 'hex') where seq = 1`,
      2,
      'receipt 1 is no receipt; receipt 2 does not continue the one before it',
    ],
    [
      'a row beside its text',
      `update private.erasure_receipts set outcome = 'failed' where seq = 1`,
      3,
      'receipt 1 says something else than its row',
    ],
  ])('%s, by whichever receipt one asks', async (_, sql, seq, says) => {
    const { rows } = await database.query<{ body: string }>(
      'select body from private.erasure_receipts where seq = $1',
      [seq],
    )
    await bench.tamper(sql)
    await expect(bench.verify(rows[0]?.body ?? '')).rejects.toMatchObject({
      code: 'receipt_chain_broken',
      detail: expect.stringContaining(says),
    })
  })

  test('a receipt that the database has no more', async () => {
    await bench.tamper(
      'delete from private.erasure_receipts where seq >= 2; delete from private.erasure_ledger where state = $$done$$',
    )
    await expect(bench.verify(written.text)).rejects.toMatchObject({
      code: 'receipt_unknown',
      hint: expect.stringContaining('gdpr replay'),
    })
  })

  test('a ledger that says something else', async () => {
    await bench.tamper(
      `update private.erasure_ledger set requested_at = '2026-11-20', plan_id = 'other' where id = '${written.receipt.erasure}'`,
    )
    await expect(bench.verify(written.text)).rejects.toMatchObject({
      code: 'receipt_contradicted',
      detail: expect.stringContaining('the plan, the request'),
    })
  })
})

test('a person who is in the database again, in whatever column, is told; nothing else of them is', async () => {
  const userId = await createUser(bench.target)
  const { text } = await bench.finish(await bench.openErasure({ userId }))
  await expect(bench.verify(text)).rejects.toMatchObject({
    code: 'person_is_back',
    detail: expect.stringContaining('the person is in accounts'),
    hint: expect.stringContaining('gdpr replay'),
  })
  await admin.query('delete from auth.users where id = $1', [userId])
  await bench.verify(text)
})

test('a receipt of another environment is not held against this one', async () => {
  const { text } = await bench.finish(await bench.openErasure())
  await expect(verifyReceipt({ database, keys, environment: { name: 'staging' } }, text)).rejects.toMatchObject({
    code: 'receipt_of_another_environment',
    exitCode: 2,
    hint: expect.stringContaining('--env local'),
  })
})

test('a partial receipt holds while the person is still there, and after the rest was erased', async () => {
  const userId = await createUser(bench.target)
  const erasure = await bench.openErasure({ userId })
  const { text } = await bench.finish(erasure, { outcome: 'partial' })
  const { checks } = await bench.verify(text)
  expect(checks.at(-1)).toMatchObject({ check: 'database', state: 'skipped' })
  await admin.query('delete from auth.users where id = $1', [userId])
  const done = await bench.finish(erasure)
  expect(done.receipt.seq).toBe(2)
  expect((await bench.verify(text)).checks.find(({ check }) => check === 'ledger')?.says).toContain('done now')
  await bench.verify(done.text)
})

type Path = (string | number)[]

function leavesOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  return Object.entries(value).flatMap(([key, one]) => leavesOf(one, [...path, key]))
}

/** Another value of the same kind, so that the schema has nothing against it. */
function changedAt(receipt: Receipt, path: Path): object {
  const copy = structuredClone(receipt)
  let place = copy as unknown as Record<string, unknown>
  for (const key of path.slice(0, -1)) place = place[key] as Record<string, unknown>
  const last = path.at(-1) as string
  const value = place[last]
  if (typeof value === 'number') place[last] = value + 1
  else if (typeof value === 'boolean') place[last] = !value
  else if (typeof value === 'string')
    place[last] = /^\d{4}-/.test(value)
      ? value.replace(/^\d/, '3')
      : value.replace(/.$/, (c) => (c === 'A' ? 'B' : 'A'))
  else place[last] = 'something'
  return copy
}
