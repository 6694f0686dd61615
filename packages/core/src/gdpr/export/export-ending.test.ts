import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type Database, JourneysError } from '@journeys/core/ops'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { exportContext } from '../../../../../tests/support/export.ts'
import { filesUnder, picture, signUpMember } from '../../../../../tests/support/media.ts'
import { createTestStack, type TestStack } from '../../../../../tests/support/stack.ts'
import { unzip } from '../../../../../tests/support/unzip.ts'
import { type ExportContext, exportPerson } from './export.ts'

// Whole, or not there: what an export leaves behind, however it ends.

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

const context = (changes?: Partial<ExportContext>) => exportContext(stack, database, changes)

async function errorOf(work: Promise<unknown>): Promise<JourneysError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof JourneysError)) throw new Error(`no JourneysError but ${error}`)
  return error
}

const today = new Date().toISOString().slice(0, 10)

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
