import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTestDatabase, createUser, type TestDatabase } from '../../../../../tests/support/database.ts'
import { connect, type Database } from '../../database/connection.ts'
import { type GdprKeys, gdprKeysOf, newGdprSecret } from '../key.ts'
import { insertEntry } from '../ledger.ts'
import type { SearchReport } from '../search/search-report.ts'
import { canonicalJson, signedBytes } from './canonical.ts'
import { planPurge, purgeLedger } from './purge-ledger.ts'
import type { Receipt } from './receipt.ts'
import { fileReceipt, receiptFiles } from './receipt-file.ts'
import { verifyReceipt } from './verify-receipt.ts'
import { type WrittenReceipt, writeReceipt } from './write-receipt.ts'

const secret = newGdprSecret()
const keys = gdprKeysOf([secret])
const environment = { name: 'local' }

let testDatabase: TestDatabase
let admin: Database
let database: Database
let folder: string

beforeAll(async () => {
  testDatabase = await createTestDatabase()
  admin = await connect(testDatabase.superuserUrl)
  database = await connect(testDatabase.url)
  folder = await mkdtemp(join(tmpdir(), 'journeys-receipts-'))
})
afterAll(async () => {
  await database?.end()
  await admin?.end()
  await testDatabase?.drop()
  if (folder) await rm(folder, { recursive: true })
})
beforeEach(async () => {
  await tampering('delete from private.erasure_receipts; delete from private.erasure_ledger')
})

/** As somebody who is above the triggers. */
async function tampering(sql: string): Promise<void> {
  await admin.query(`set session_replication_role = replica; alter table private.erasure_receipts disable trigger user; ${sql};
    alter table private.erasure_receipts enable always trigger erasure_receipts_append_only;
    alter table private.erasure_receipts enable always trigger erasure_receipts_not_truncated;
    set session_replication_role = origin`)
}

const search: SearchReport = {
  at: new Date('2026-11-23T14:02:00.123Z'),
  durationMs: 812.4,
  tables: 71,
  columns: 402,
  rows: 12_345,
  bytes: 9_876_543,
  terms: { id: 9, email: 1, phone: 0, name: 1, phrase: 50 },
  found: [],
  shared: [{ id: 'F-1A2B3C4D', kind: 'name', table: 'public.profiles', column: 'display_name', rows: 1, term: 10 }],
  notSearched: [],
  setAside: [{ table: 'private.erasure_ledger', column: 'user_id', why: 'emptied with the word done' }],
}

let counter = 0

/** An erasure as E2's steps leave it, up to its receipt. */
async function openErasure(options: { userId?: string; under?: GdprKeys; replays?: string } = {}): Promise<string> {
  counter += 1
  const id = `E-${counter.toString(16).padStart(8, '0').toUpperCase()}`
  const under = options.under ?? keys
  await insertEntry(database, under, {
    id,
    userId: options.userId ?? crypto.randomUUID(),
    sealed: under.current.seal('[]'),
    requestedAt: new Date('2026-11-01T09:00:00Z'),
    deadline: '1 month',
    actor: 'Ben',
    reason: undefined,
    planId: '7f3ac1000000',
    plan: {
      erase: [
        { table: 'public.profiles', rows: 1, columns: {} },
        { table: 'public.user_addictions', rows: 0, columns: {} },
      ],
      overwrite: [{ table: 'public.journal_entries', rows: 412, columns: {} }],
      unlink: [],
      keep: [{ table: 'public.purchases', rows: 3, columns: {}, ground: 'accounting law', until: '2036-12-31' }],
      storage: [{ bucket: 'journal-media', objects: 14, bytes: 1_234_567 }],
    },
    options: { keepStatistics: false },
    replays: options.replays,
  })
  await database.query(
    `insert into private.erasure_steps (erasure_id, step, position, state, attempts, started_at, finished_at, detail)
     values ($1, 'open', 0, 'done', 1, now(), now(), '{}'), ($1, 'rows public.profiles', 1, 'done', 2, now(), now(), '{"rows": 1}')`,
    [id],
  )
  await database.query(
    `insert into private.erasure_by_hand (erasure_id, step, title, todo) values ($1, 'backups', 'Backups', 'Wait.')`,
    [id],
  )
  return id
}

async function finish(
  erasure: string,
  options: { outcome?: 'done' | 'partial'; under?: GdprKeys; finishedAt?: Date } = {},
): Promise<WrittenReceipt> {
  const { outcome = 'done', finishedAt = new Date() } = options
  return await database.transaction(async (transaction) => {
    const written = await writeReceipt(
      transaction,
      { keys: options.under ?? keys, environment },
      {
        ...{ erasure, outcome, finishedAt, search, dismissed: [], storage: { buckets: 1, objects: 0 } },
        held: outcome === 'partial' ? [{ tables: ['public.purchases'], reviewOn: '2027-01-01' }] : [],
      },
    )
    await transaction.query(
      outcome === 'done'
        ? `update private.erasure_ledger set state = 'done', user_id = null, sealed = null, finished_at = $2 where id = $1`
        : `update private.erasure_ledger set state = 'partial', finished_at = $2 where id = $1`,
      [erasure, finishedAt],
    )
    return written
  })
}

const verify = (text: string, options = {}) => verifyReceipt({ database, keys, environment }, text, options)

describe('a receipt', () => {
  test('says what was done without saying to whom, and holds against everything', async () => {
    const userId = crypto.randomUUID()
    const { receipt, text } = await finish(await openErasure({ userId }))
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
    const { checks } = await verify(`${text}\n`)
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
    const [one, other] = [await openErasure(), await openErasure()]
    const written = await Promise.all([finish(one), finish(other)])
    const [first, second] = written.sort((a, b) => a.receipt.seq - b.receipt.seq) as [WrittenReceipt, WrittenReceipt]
    expect([first.receipt.seq, second.receipt.seq]).toEqual([1, 2])
    expect(second.receipt.previous).toEqual({ seq: 1, hash: first.hash })
    await verify(first.text)
    await verify(second.text)
  })

  test('takes no number when its transaction fails', async () => {
    const erasure = await openErasure()
    const broken = database.transaction(async (transaction) => {
      await writeReceipt(
        transaction,
        { keys, environment },
        { erasure, outcome: 'done', finishedAt: new Date(), search, storage: null, dismissed: [], held: [] },
      )
      throw new Error('the power went')
    })
    await expect(broken).rejects.toThrow('the power went')
    expect((await finish(erasure)).receipt.seq).toBe(1)
  })

  test('is signed with the key that its entry was written with, also after a new one came into use', async () => {
    const erasure = await openErasure()
    const renewed = gdprKeysOf([newGdprSecret(), secret])
    const { receipt, text } = await finish(erasure, { under: renewed })
    expect(receipt.keyId).toBe(keys.current.id)
    const { checks } = await verifyReceipt({ database, keys: renewed, environment }, text)
    expect(checks.find(({ check }) => check === 'key')?.says).toContain('in use before')
    await expect(finish(await openErasure(), { under: gdprKeysOf([newGdprSecret()]) })).rejects.toMatchObject({
      code: 'gdpr_key_missing',
    })
  })

  test('can be checked by somebody who has the published key and no database', async () => {
    const { text, receipt } = await finish(await openErasure())
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

describe('what was changed is noticed', () => {
  let written: WrittenReceipt
  beforeEach(async () => {
    await finish(await openErasure())
    written = await finish(await openErasure())
    await finish(await openErasure())
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
    await expect(verify(changed)).rejects.toMatchObject({
      code: 'receipt_tampered',
      exitCode: 1,
      detail: expect.stringMatching(/^signature: .*\nchain: .*another receipt number 2: they differ in deadlineKept/s),
    })
    await expect(verify('{"half":')).rejects.toMatchObject({
      code: 'receipt_tampered',
      detail: expect.stringContaining('no JSON'),
    })
  })

  test('a receipt that somebody signed anew with another key, here and in the database', async () => {
    const forger = gdprKeysOf([newGdprSecret()]).current
    const { signature: _, ...content } = written.receipt
    const forged = { ...content, deadlineKept: false, keyId: forger.id, publicKey: forger.publicKey }
    const text = canonicalJson({ ...forged, signature: forger.sign(signedBytes(forged)).toString('base64url') })
    await expect(verify(text)).rejects.toMatchObject({
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
    await tampering(sql)
    await expect(verify(rows[0]?.body ?? '')).rejects.toMatchObject({
      code: 'receipt_chain_broken',
      detail: expect.stringContaining(says),
    })
  })

  test('a receipt that the database has no more', async () => {
    await tampering(
      'delete from private.erasure_receipts where seq >= 2; delete from private.erasure_ledger where state = $$done$$',
    )
    await expect(verify(written.text)).rejects.toMatchObject({
      code: 'receipt_unknown',
      hint: expect.stringContaining('gdpr replay'),
    })
  })

  test('a ledger that says something else', async () => {
    await tampering(
      `update private.erasure_ledger set requested_at = '2026-11-20', plan_id = 'other' where id = '${written.receipt.erasure}'`,
    )
    await expect(verify(written.text)).rejects.toMatchObject({
      code: 'receipt_contradicted',
      detail: expect.stringContaining('the plan, the request'),
    })
  })
})

test('a person who is in the database again, in whatever column, is told; nothing else of them is', async () => {
  const userId = await createUser(testDatabase)
  const { text } = await finish(await openErasure({ userId }))
  await expect(verify(text)).rejects.toMatchObject({
    code: 'person_is_back',
    detail: expect.stringContaining('the person is in accounts'),
    hint: expect.stringContaining('gdpr replay'),
  })
  await admin.query('delete from auth.users where id = $1', [userId])
  await verify(text)
})

test('a receipt of another environment is not held against this one', async () => {
  const { text } = await finish(await openErasure())
  await expect(verifyReceipt({ database, keys, environment: { name: 'staging' } }, text)).rejects.toMatchObject({
    code: 'receipt_of_another_environment',
    exitCode: 2,
    hint: expect.stringContaining('--env local'),
  })
})

test('a partial receipt holds while the person is still there, and after the rest was erased', async () => {
  const userId = await createUser(testDatabase)
  const erasure = await openErasure({ userId })
  const { text } = await finish(erasure, { outcome: 'partial' })
  const { checks } = await verify(text)
  expect(checks.at(-1)).toMatchObject({ check: 'database', state: 'skipped' })
  await admin.query('delete from auth.users where id = $1', [userId])
  const done = await finish(erasure)
  expect(done.receipt.seq).toBe(2)
  expect((await verify(text)).checks.find(({ check }) => check === 'ledger')?.says).toContain('done now')
  await verify(done.text)
})

test('the files are for their owner alone, the JSON byte for byte what was signed', async () => {
  const { receipt, text } = await finish(await openErasure())
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

describe('purging', () => {
  const context = () => ({
    database,
    folder,
    actor: 'Ben',
    config: { gdpr: { ledgerPeriod: '3 years' }, personalData: {} } as never,
  })

  test('forgets what is old and ticked off, keeps the chain, and may be repeated', async () => {
    const old = new Date(Date.now() - 4 * 365 * 86_400_000)
    const [purged, waiting, recent] = [await openErasure(), await openErasure(), await openErasure()]
    const first = await finish(purged, { finishedAt: old })
    const second = await finish(waiting, { finishedAt: old })
    const third = await finish(recent)
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

    expect((await verify(third.text)).checks.find(({ check }) => check === 'chain')?.says).toContain('1 of them purged')
    expect((await verify(second.text)).checks.every(({ state }) => state === 'ok')).toBe(true)
    // Whoever kept a copy can still show that it was in the chain.
    const copy = await verify(first.text)
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
    const erasure = await openErasure()
    await finish(erasure, { finishedAt: old })
    await database.query(`update private.erasure_by_hand set done_at = now(), done_by = 'Ben' where erasure_id = $1`, [
      erasure,
    ])
    const { text } = await finish(await openErasure())
    await purgeLedger(context())
    await verify(text)
    await tampering(`update private.erasure_receipts set hash = repeat('0', 64) where seq = 1`)
    await expect(verify(text)).rejects.toMatchObject({
      code: 'receipt_chain_broken',
      detail: expect.stringContaining('receipt 2 does not continue the one before it'),
    })
  })
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
