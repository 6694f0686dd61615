import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type Database } from '@journeys/core/ops'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { exportContext, type OpenedExport, openExport } from '../../../../../tests/support/export.ts'
import { filesUnder, type Member, picture, signUpMember } from '../../../../../tests/support/media.ts'
import { createTestStack, type TestStack } from '../../../../../tests/support/stack.ts'
import { checkWithSha256sum, hasSha256sum } from '../../../../../tests/support/unzip.ts'
import { type ExportContext, type ExportResult, exportPerson } from './export.ts'

let stack: TestStack
let database: Database
let folder: string
beforeAll(async () => {
  stack = await createTestStack()
  database = await connect(stack.database.url)
})
afterAll(async () => {
  await database?.end()
  await stack?.stop()
})
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'journeys-export-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Exports, unpacks, and checks every sum. */
async function opened(
  user: string,
  changes: Partial<ExportContext> = {},
): Promise<OpenedExport & { result: ExportResult }> {
  const file = join(folder, `${randomUUID()}.zip`)
  const result = await exportPerson(exportContext(stack, database, changes), user, { file })
  return { result, ...(await openExport(file, await mkdtemp(join(folder, 'unpacked-')))) }
}

async function write(person: Member, date: string, reflection: string, scores: object = {}): Promise<void> {
  const { error } = await person.client.from('journal_entries').insert({ user_id: person.id, date, reflection, scores })
  if (error !== null) throw error
}

const today = new Date().toISOString().slice(0, 10)

test.skipIf(!hasSha256sum)(
  hasSha256sum ? 'sha256sum agrees with what an export lists' : 'sha256sum: not tried, this machine has none',
  async () => {
    const anna = await signUpMember(stack)
    await write(anna, today, 'a day')
    const { path } = await opened(anna.id)
    const lines = await checkWithSha256sum(path)
    expect(lines).toContain('data/public.journal_entries.json: OK')
    await writeFile(join(path, 'data', 'public.journal_entries.json'), '[]')
    await expect(checkWithSha256sum(path)).rejects.toMatchObject({ stdout: expect.stringContaining('FAILED') })
  },
)

test('an export holds everything about a person and nothing of anybody else', async () => {
  const [anna, bert] = [await signUpMember(stack), await signUpMember(stack)]
  const texts = [
    '=HYPERLINK("http://x")',
    'line one\nline "two"',
    "'quoted",
    '-5 today, +1',
    'Grüße 🌿\t"',
    '@home',
    ',;\r\n',
  ]
  for (const text of texts) await write(anna, today, text, { mood: 7 })
  await write(bert, today, 'what Bert wrote')
  await anna.client
    .from('user_addictions')
    .insert({ user_id: anna.id, kind: 'tobacco', quit_on: '2026-01-02', label: '' })
  const bytes = picture()
  const upload = await anna.client.storage
    .from('entry-media')
    .upload(`${anna.id}/a/picture & more.png`, bytes, { contentType: 'image/png' })
  expect(upload.error).toBeNull()

  const { result, path, rows, csv, text } = await opened(anna.id)
  const entries = await rows('public.journal_entries')
  expect(entries.map(({ reflection }) => reflection).sort()).toEqual([...texts].sort())
  expect(entries[0]).toMatchObject({ user_id: anna.id, date: today, scores: { mood: 7 } })
  expect((await csv('public.journal_entries')).map(({ reflection }) => reflection).sort()).toEqual([...texts].sort())
  const [addiction] = await csv('public.user_addictions')
  expect(addiction).toMatchObject({ kind: 'tobacco', label: '', goal: null })
  expect((await rows('auth.sessions')).length).toBe(1)

  const [uploaded] = result.uploads
  expect(uploaded).toMatchObject({ bucket: 'entry-media', name: `${anna.id}/a/picture & more.png` })
  expect(await readFile(join(path, uploaded?.path ?? ''))).toEqual(bytes)

  for (const file of await filesUnder(path)) {
    const content = await readFile(file, 'utf8')
    expect(content, file).not.toContain('what Bert wrote')
    expect(content, file).not.toContain(bert.id)
  }
  const manifest = JSON.parse(await text('manifest.json'))
  expect(manifest).toMatchObject({ schema: 'journeys/personal-data-export/1', person: { id: anna.id } })
  expect(manifest.files.map((one: { path: string }) => one.path)).toContain('README.html')
})

test('no spreadsheet takes a text of an export for a formula, while numbers stay numbers', async () => {
  const anna = await signUpMember(stack)
  for (const start of ['=', '+', '-', '@', '\t', '\r', "'", '＝']) await write(anna, today, `${start}1+1`)
  await database.query('create table public.temperatures (user_id uuid references auth.users (id), degrees int)')
  await database.query('insert into public.temperatures values ($1, -5)', [anna.id])
  try {
    const { text } = await opened(anna.id)
    const cells = (await text('data/public.journal_entries.csv')).match(/"[^"]*1\+1"/g) ?? []
    expect(cells).toHaveLength(8)
    expect(cells.every((cell) => cell.startsWith(`"'`))).toBe(true)
    expect(await text('data/public.temperatures.csv')).toContain(',"-5"')
  } finally {
    await database.query('drop table public.temperatures')
  }
})

test('what protects the account is left out, and the page and the manifest say what and why', async () => {
  const anna = await signUpMember(stack)
  const { rows: secrets } = await database.query<{ password: string; token: string }>(
    `select u.encrypted_password as password, r.token from auth.users u join auth.refresh_tokens r on r.user_id = u.id::text
     where u.id = $1`,
    [anna.id],
  )
  const { result, path, text, rows } = await opened(anna.id)
  for (const file of await filesUnder(path)) {
    const content = await readFile(file, 'utf8')
    expect(content.includes(secrets[0]?.password ?? '-'), file).toBe(false)
    expect(content.includes(secrets[0]?.token ?? '-'), file).toBe(false)
  }
  const users = result.tables.find(({ table }) => table === 'auth.users')
  expect(users?.withheld.map(({ column }) => column)).toEqual(
    expect.arrayContaining(['encrypted_password', 'confirmation_token', 'recovery_token', 'reauthentication_token']),
  )
  expect(Object.keys((await rows('auth.users'))[0] ?? {})).not.toContain('encrypted_password')
  const page = await text('README.html')
  expect(page).toMatch(/<style>[^<]*color-scheme/)
  expect(page).toContain('auth.users.encrypted_password')
  expect(page).toContain('a secret that protects your account')
  expect(page).not.toContain('<script')
})

test('what was done with somebody is theirs to know; who of the staff did it is not', async () => {
  const anna = await signUpMember(stack)
  await opened(anna.id, { actor: 'Jane Staff' })
  const { rows, path } = await opened(anna.id, { actor: 'Jane Staff' })
  const [record] = await rows('private.audit_log')
  expect(record).toMatchObject({ action: 'user.export' })
  expect(record).not.toHaveProperty('actor')
  for (const file of await filesUnder(path)) expect(await readFile(file, 'utf8')).not.toContain('Jane Staff')
})

test('a row that also names somebody else says only that there is one', async () => {
  const [anna, bert] = [await signUpMember(stack), await signUpMember(stack)]
  await database.query(`
    create table public.letters (
      id int primary key, sender_id uuid references auth.users (id), recipient_id uuid references auth.users (id), copy_to_email text, body text
    )`)
  await database.query(
    'insert into public.letters values (1, $1, $2, (select email from auth.users where id = $2), $3)',
    [anna.id, bert.id, 'dear B'],
  )
  await database.query(
    'insert into public.letters values (2, $1, $1, (select email from auth.users where id = $1), $2)',
    [anna.id, 'dear me'],
  )
  try {
    const { rows, csv, text } = await opened(anna.id)
    const hidden = '[another person]'
    expect(await rows('public.letters')).toEqual([
      { id: 1, sender_id: anna.id, recipient_id: hidden, copy_to_email: hidden, body: 'dear B' },
      {
        id: 2,
        sender_id: anna.id,
        recipient_id: anna.id,
        copy_to_email: expect.stringContaining('@'),
        body: 'dear me',
      },
    ])
    expect((await csv('public.letters'))[0]).toMatchObject({ recipient_id: hidden, body: 'dear B' })
    const schema = z.fromJSONSchema(JSON.parse(await text('schema/public.letters.schema.json')))
    schema.parse(await rows('public.letters'))
  } finally {
    await database.query('drop table public.letters')
  }
})

test('every JSON file fits its JSON Schema, and says no more than it', async () => {
  const anna = await signUpMember(stack)
  await write(anna, today, 'one entry', { mood: 3 })
  const { result, rows, text } = await opened(anna.id)
  for (const { table, schema } of result.tables) {
    const described = JSON.parse(await text(schema))
    expect(z.fromJSONSchema(described).safeParse(await rows(table)).error, table).toBeUndefined()
    expect(z.fromJSONSchema(described).safeParse([{ more: 1 }]).success).toBe(false)
  }
})

test('all tables show one moment, whatever is written meanwhile', async () => {
  const anna = await signUpMember(stack)
  await write(anna, today, 'before')
  let wrote = false
  const { rows, csv } = await opened(anna.id, {
    onProgress: () => {
      if (wrote) return
      wrote = true
      void write(anna, today, 'meanwhile')
    },
    // The transaction is open by now; the entry is committed before the first row is fetched.
    database: {
      ...database,
      readOnly: (work) =>
        database.readOnly(async (transaction) => {
          await transaction.query('select 1')
          await write(anna, today, 'after the snapshot')
          return await work(transaction)
        }),
    },
  })
  expect((await rows('public.journal_entries')).map(({ reflection }) => reflection)).toEqual(['before'])
  expect((await csv('public.journal_entries')).map(({ reflection }) => reflection)).toEqual(['before'])
})

test('a restriction and a legal hold do not stand in the way', async () => {
  const anna = await signUpMember(stack)
  await write(anna, today, 'kept')
  await database.query(
    `insert into private.processing_restrictions (user_id, kind, reason, placed_by) values ($1, 'restriction', 'asked for', 'Jane Staff')`,
    [anna.id],
  )
  await database.query(
    `insert into private.legal_holds (user_id, reason, placed_by) values ($1, 'a claim of a third party', 'Jane Staff')`,
    [anna.id],
  )
  const { rows, path } = await opened(anna.id)
  expect(await rows('public.journal_entries')).toHaveLength(1)
  expect(await rows('private.processing_restrictions')).toMatchObject([{ reason: 'asked for' }])
  expect((await rows('private.legal_holds'))[0]).not.toHaveProperty('reason')
  for (const file of await filesUnder(path)) expect(await readFile(file, 'utf8')).not.toMatch(/Jane Staff|third party/)
})

test('a copy of what an erasure has already begun to destroy does not pass for the whole', async () => {
  const anna = await signUpMember(stack)
  expect((await opened(anna.id)).result.isBeingErased).toBe(false)
  await database.query(
    `insert into private.processing_restrictions (user_id, kind, reason, placed_by) values ($1, 'erasure', 'E-1', 'dpo')`,
    [anna.id],
  )
  const { result, text } = await opened(anna.id)
  expect(result.isBeingErased).toBe(true)
  expect(await text('README.html')).toContain('An erasure of your data had begun')
})
