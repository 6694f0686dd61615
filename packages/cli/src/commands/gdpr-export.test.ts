import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { connect, type Database } from '@journeys/core/ops'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { createTestDatabase, createUser, type TestDatabase } from '../../../../tests/support/database.ts'
import { checkSums, unzip } from '../../../../tests/support/unzip.ts'
import { parseDocument } from '../testing/json-schema.ts'
import { type Ran, runMain } from '../testing/run-main.ts'

const bin = join(import.meta.dirname, '..', '..', 'bin', 'journeys.js')
let target: TestDatabase
let database: Database
let workdir: string
let folder: string
beforeAll(async () => {
  target = await createTestDatabase()
  database = await connect(target.url)
  const anna = await createUser(target, { email: 'anna@example.test' })
  await database.query(
    `insert into public.journal_entries (user_id, date, reflection)
     select $1, current_date, n || ' ' || repeat(md5(n::text), 20) from generate_series(1, 20000) n`,
    [anna],
  )
  workdir = await mkdtemp(join(tmpdir(), 'journeys-export-'))
  await mkdir(join(workdir, 'supabase'))
  await writeFile(
    join(workdir, 'journeys.config.json'),
    JSON.stringify({ environments: { staging: { url: 'http://127.0.0.1:1' } } }),
  )
})
beforeEach(async () => {
  folder = await mkdtemp(join(workdir, 'out-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))
afterAll(async () => {
  await database?.end()
  await target?.drop()
  await rm(workdir, { recursive: true, force: true })
})

async function journeys(...words: string[]): Promise<Ran> {
  const env = { DATABASE_URL: target.url, USER: 'ben' }
  return await runMain([...words, '--env', 'staging', '--workdir', workdir], { cwd: folder, env })
}

/** The built command in a process of its own, started by this line of the shell. */
function inShell(line: string) {
  const env = { ...process.env, DATABASE_URL: target.url }
  const command = `${line} "${process.execPath}" "${bin}" gdpr export anna@example.test --out anna.zip --env staging --workdir "${workdir}"`
  const child = spawn('bash', ['-c', command], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const done = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { child, ended: done.then(([stdout, stderr, [code]]) => ({ stdout, stderr, code })) }
}

test('an export says what it holds, what it leaves out and where it is', async () => {
  const { code, stdout, stderr } = await journeys('gdpr', 'export', 'Anna@Example.test', '--out', 'anna.zip')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^Journeys export · staging · anna@example\.test +written\n/)
  expect(stdout).toMatch(/public\.journal_entries +20 000\n/)
  expect(stdout).toContain('auth.users.encrypted_password')
  expect(stdout).toMatch(/ file +anna\.zip \(/)
  expect(stdout).toMatch(/next +unzip anna\.zip/)
  expect((await stat(join(folder, 'anna.zip'))).mode & 0o777).toBe(0o600)
  const path = await unzip(join(folder, 'anna.zip'), join(folder, 'unpacked'))
  expect((await checkSums(path)).every((line) => line.endsWith(': OK'))).toBe(true)
})

test('as JSON it is one document, and without --out the file is in a folder that nobody else may enter', async () => {
  const { code, stdout } = await journeys('gdpr', 'export', 'anna@example.test', '--json')
  expect(code).toBe(0)
  const document = await parseDocument(stdout)
  expect(document).toMatchObject({ ok: true, rows: expect.any(Number), files: 0, missingFiles: [] })
  const exports = join(workdir, '.journeys', 'exports')
  expect((await stat(exports)).mode & 0o777).toBe(0o700)
  expect(await readdir(exports)).toEqual([expect.stringMatching(/^person-[0-9a-f]{8}-\d{8}-\d{6}\.zip$/)])
})

test('a file that is there is not overwritten, and nobody is not exported', async () => {
  await writeFile(join(folder, 'anna.zip'), 'mine')
  const taken = await journeys('gdpr', 'export', 'anna@example.test', '--out', 'anna.zip')
  expect(taken.code).toBe(2)
  expect(taken.stderr).toMatch(/is there already; nothing\s+was written/)
  expect((await journeys('gdpr', 'export', 'anna@example.test', '--out', 'anna.zip', '--force')).code).toBe(0)
  expect((await journeys('gdpr', 'export', 'nobody@example.test')).code).toBe(1)
  expect((await journeys('gdpr', 'export', 'nobody')).code).toBe(2)
  expect(await readdir(folder)).toEqual(['anna.zip'])
})

test('a disk that takes no more is named, and nothing is left', async () => {
  const { stderr, code } = await inShell('ulimit -f 400; exec').ended
  expect(code).toBe(1)
  expect(stderr).toMatch(/^error +.*anna\.zip could not be written/)
  expect(stderr).toContain('--out')
  expect(await readdir(folder)).toEqual([])
})

test('Ctrl-C ends it with 130, says so, and leaves nothing', async () => {
  const { child, ended } = inShell('exec')
  const isWriting = async () => (await readdir(folder)).some((name) => name.endsWith('.unfinished'))
  while (!(await isWriting()) && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 10))
  child.kill('SIGINT')
  const { stderr, code } = await ended
  expect({ code, left: await readdir(folder) }).toEqual({ code: 130, left: [] })
  expect(stderr).toContain('nothing of the file is left; run journeys gdpr export again')
})
