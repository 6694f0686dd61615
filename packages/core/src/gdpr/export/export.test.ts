import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type Database, defaultConfig, JourneysError } from '@journeys/core/ops'
import { parse } from 'csv-parse/sync'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { z } from 'zod'
import { filesUnder, type Member, picture, signUpMember } from '../../../../../tests/support/media.ts'
import { createTestStack, type TestStack } from '../../../../../tests/support/stack.ts'
import { checkSums, unzip } from '../../../../../tests/support/unzip.ts'
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

function context(changes: Partial<ExportContext> = {}): ExportContext {
  return {
    database,
    config: defaultConfig(),
    environment: { name: 'test' },
    storage: () => ({ url: stack.url, serviceRoleKey: stack.serviceRoleKey }),
    actor: 'dpo',
    ...changes,
  }
}

interface Opened {
  result: ExportResult
  /** Where it was unpacked. */
  path: string
  text(name: string): Promise<string>
  rows(table: string): Promise<Record<string, unknown>[]>
  csv(table: string): Promise<Record<string, string | null>[]>
}

/** Exports, unpacks with the system's program, and checks every sum with `sha256sum`. */
async function opened(user: string, changes: Partial<ExportContext> = {}): Promise<Opened> {
  const file = join(folder, `${randomUUID()}.zip`)
  const result = await exportPerson(context(changes), user, { file })
  const path = await unzip(file, await mkdtemp(join(folder, 'unpacked-')))
  const names = (await filesUnder(path)).map((one) => one.slice(path.length + 1))
  const sums = await checkSums(path)
  expect(sums.sort()).toEqual(
    names
      .filter((name) => name !== 'SHA256SUMS')
      .map((name) => `${name}: OK`)
      .sort(),
  )
  const text = (name: string) => readFile(join(path, name), 'utf8')
  return {
    result,
    path,
    text,
    rows: async (table) => JSON.parse(await text(`data/${table}.json`)),
    csv: async (table) => parseCsv(await text(`data/${table}.csv`)),
  }
}

/** As a program would that knows what README.html says: no quotes, no value; one mark before a text is none of it. */
function parseCsv(text: string): Record<string, string | null>[] {
  return parse(text, {
    bom: true,
    columns: true,
    cast: (value, { quoting, header }) =>
      header ? value : quoting ? value.replace(/^'/, '') : value === '' ? null : value,
  })
}

async function write(person: Member, date: string, reflection: string, scores: object = {}): Promise<void> {
  const { error } = await person.client.from('journal_entries').insert({ user_id: person.id, date, reflection, scores })
  if (error !== null) throw error
}

async function errorOf(work: Promise<unknown>): Promise<JourneysError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof JourneysError)) throw new Error(`no JourneysError but ${error}`)
  return error
}

const today = new Date().toISOString().slice(0, 10)

test('an export holds everything about a person and nothing of anybody else, and sha256sum agrees', async () => {
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

test('the file is for its owner only, an existing one is replaced by --force alone, and the audit log knows it', async () => {
  const anna = await signUpMember(stack)
  const file = join(folder, 'anna.zip')
  const { sha256, auditId } = await exportPerson(context(), anna.id, { file })
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  const { rows } = await database.query('select action, actor, detail from private.audit_log where id = $1', [auditId])
  expect(rows).toMatchObject([{ action: 'user.export', actor: 'dpo', detail: { sha256, files: 0 } }])
  const before = await readFile(file)
  const error = await errorOf(exportPerson(context(), anna.id, { file }))
  expect(error).toMatchObject({ code: 'file_exists', exitCode: 2 })
  expect(await readFile(file)).toEqual(before)
  await exportPerson(context(), anna.id, { file, force: true })
  expect(await readFile(file)).not.toEqual(before)
  expect(await readdir(folder)).toEqual(['anna.zip'])
})

test('a file that Storage has lost ends the export, unless it was asked to go on and say so', async () => {
  const anna = await signUpMember(stack)
  for (const name of ['kept', 'lost']) {
    const { error } = await anna.client.storage
      .from('entry-media')
      .upload(`${anna.id}/${name}.png`, picture(), { contentType: 'image/png' })
    expect(error).toBeNull()
  }
  const { rows } = await database.query<{ version: string }>(
    'select version from storage.objects where owner_id = $1 and name like $2',
    [anna.id, '%lost.png'],
  )
  for (const file of await filesUnder(stack.storageFolder)) if (file.includes(rows[0]?.version ?? '-')) await rm(file)
  const file = join(folder, 'anna.zip')
  const error = await errorOf(exportPerson(context(), anna.id, { file }))
  expect(error).toMatchObject({ code: 'export_file_missing', exitCode: 1 })
  expect(error.message).toContain('lost.png')
  expect(await readdir(folder)).toEqual([])
  const { uploads } = await exportPerson(context(), anna.id, { file, skipMissing: true })
  expect(uploads.map(({ name, path }) => [name.endsWith('lost.png'), path === null])).toEqual([
    [false, false],
    [true, true],
  ])
  const path = await unzip(file, join(folder, 'unpacked'))
  expect(await readFile(join(path, 'README.html'), 'utf8')).toMatch(
    /lost\.png: is on record, but its content is no longer there/,
  )
})

test('without a key for Storage somebody with files gets no export, somebody without does', async () => {
  const [anna, bert] = [await signUpMember(stack), await signUpMember(stack)]
  await anna.client.storage.from('entry-media').upload(`${anna.id}/a.png`, picture(), { contentType: 'image/png' })
  const storage = () => {
    throw new JourneysError('setting_missing', 'no key', { exitCode: 2 })
  }
  expect(await errorOf(exportPerson(context({ storage }), anna.id, { file: join(folder, 'a.zip') }))).toMatchObject({
    code: 'setting_missing',
  })
  expect(await readdir(folder)).toEqual([])
  await exportPerson(context({ storage }), bert.id, { file: join(folder, 'b.zip') })
  expect(await readdir(folder)).toEqual(['b.zip'])
})

test('interrupted, or with Storage or the database gone half-way, nothing is left of the file', async () => {
  const anna = await signUpMember(stack)
  await database.query(
    `insert into public.journal_entries (user_id, date, reflection)
     select $1, $2::date, repeat('entry ' || n || ' ', 100) from generate_series(1, 3000) n`,
    [anna.id, today],
  )
  await anna.client.storage.from('entry-media').upload(`${anna.id}/a.png`, picture(), { contentType: 'image/png' })
  const file = join(folder, 'anna.zip')
  const half = async (changes: Partial<ExportContext>) => errorOf(exportPerson(context(changes), anna.id, { file }))

  const stop = new AbortController()
  const interrupted = await exportPerson(
    context({ signal: stop.signal, onProgress: ({ done }) => done > 500 && stop.abort() }),
    anna.id,
    { file },
  ).catch((error: unknown) => error)
  expect(interrupted).toBeInstanceOf(Error)
  expect(await readdir(folder)).toEqual([])

  const own = await connect(stack.database.url, { applicationName: 'export-under-test', connectTimeoutMs: 30_000 })
  const gone = await half({
    database: own,
    onProgress: ({ done }) => {
      if (done < 500) return
      void database.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'export-under-test' and datname = current_database()`,
      )
    },
  })
  await own.end()
  expect(gone).toMatchObject({ code: 'database_unreachable', exitCode: 4 })
  expect(await readdir(folder)).toEqual([])

  const nowhere = { url: 'http://127.0.0.1:9', serviceRoleKey: 'secret-of-storage' }
  const unreachable = await half({ storage: () => nowhere })
  expect(unreachable).toMatchObject({ code: 'storage_unreachable', exitCode: 4 })
  expect(JSON.stringify([unreachable.message, unreachable.detail, unreachable.hint])).not.toContain('secret-of-storage')
  expect(await readdir(folder)).toEqual([])
  const { rows } = await database.query(
    `select count(*) as count from private.audit_log where action = 'user.export' and subject_hash = private.subject_hash($1)`,
    [anna.id],
  )
  expect(rows).toEqual([{ count: 0 }])
})

test('a Storage that is busy is asked again; one that breaks off, refuses or gives something else ends the export', async () => {
  const anna = await signUpMember(stack)
  const bytes = picture()
  await anna.client.storage.from('entry-media').upload(`${anna.id}/a.png`, bytes, { contentType: 'image/png' })
  const file = join(folder, 'anna.zip')
  let answer: (response: ServerResponse) => void = () => undefined
  const server = createServer((_request, response) => answer(response)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const storage = () => ({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    serviceRoleKey: 'the-key',
  })
  const made = () => exportPerson(context({ storage }), anna.id, { file })
  try {
    answer = (response) => {
      response.writeHead(200, { 'content-length': String(bytes.length) })
      response.write(bytes.subarray(0, 100), () => response.destroy())
    }
    expect(await errorOf(made())).toMatchObject({ code: 'storage_broke_off' })
    answer = (response) => response.end(bytes.subarray(0, 100))
    expect(await errorOf(made())).toMatchObject({ code: 'export_file_changed' })
    answer = (response) => response.writeHead(403).end('{"message":"not with this key"}')
    const refused = await errorOf(made())
    expect(refused).toMatchObject({
      code: 'storage_refused',
      hint: expect.stringContaining('SUPABASE_SERVICE_ROLE_KEY'),
    })
    expect(JSON.stringify(refused)).not.toContain('the-key')
    expect(await readdir(folder)).toEqual([])
    let asked = 0
    answer = (response) => (++asked === 1 ? response.writeHead(503).end() : response.end(bytes))
    expect((await made()).uploads).toMatchObject([{ path: expect.stringContaining('a.png') }])
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

test('what a killed export left behind is removed by the next one, and what another one writes is not', async () => {
  const anna = await signUpMember(stack)
  await writeFile(join(folder, 'anna.zip.999999999.unfinished'), 'half')
  await writeFile(join(folder, 'anna.zip.1.unfinished'), 'of a process that lives')
  await exportPerson(context(), anna.id, { file: join(folder, 'anna.zip') })
  expect((await readdir(folder)).sort()).toEqual(['anna.zip', 'anna.zip.1.unfinished'])
})

test('a place that cannot be written to is named before anything is read', async () => {
  const anna = await signUpMember(stack)
  await writeFile(join(folder, 'a-file'), '')
  const error = await errorOf(exportPerson(context(), anna.id, { file: join(folder, 'a-file', 'anna.zip') }))
  expect(error).toMatchObject({ code: 'file_not_written', exitCode: 1 })
})

test('nobody of that name: nothing is written', async () => {
  const file = join(folder, 'nobody.zip')
  expect(await errorOf(exportPerson(context(), randomUUID(), { file }))).toMatchObject({ code: 'user_not_found' })
  expect(await errorOf(exportPerson(context(), 'nobody', { file }))).toMatchObject({ exitCode: 2 })
  expect(await readdir(folder)).toEqual([])
})
