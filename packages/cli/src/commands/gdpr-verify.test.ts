import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type Database, gdprKeyOf, newGdprSecret } from '@journeys/core/ops'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createErasureBench, type ErasureBench } from '../../../../tests/support/erasable.ts'
import { parseDocument } from '../testing/json-schema.ts'
import { type Ran, runMain } from '../testing/run-main.ts'

const secret = newGdprSecret()
let bench: ErasureBench
let database: Database
let workdir: string
let env: NodeJS.ProcessEnv
/** Of an erasure that was really carried out. */
let file: string
let erasure: string

beforeAll(async () => {
  bench = await createErasureBench()
  database = await connect(bench.stack.database.superuserUrl)
  workdir = await mkdtemp(join(tmpdir(), 'journeys-verify-'))
  await mkdir(join(workdir, 'supabase'))
  const { url, serviceRoleKey, anonKey } = bench.stack
  await writeFile(
    join(workdir, 'journeys.config.json'),
    JSON.stringify({ environments: { staging: { url }, live: { url, production: true } } }),
  )
  env = {
    ...{
      DATABASE_URL: bench.stack.database.url,
      SUPABASE_ANON_KEY: anonKey,
      SUPABASE_SERVICE_ROLE_KEY: serviceRoleKey,
    },
    ...{ JOURNEYS_GDPR_KEY: secret, USER: 'dora' },
  }
  const anna = await bench.newPerson()
  const { stdout } = await journeys(`gdpr anonymize ${anna.email} --json`)
  const { plan } = JSON.parse(stdout) as { plan: { id: string } }
  const done = await journeys(`gdpr anonymize ${anna.email} --plan ${plan.id} --confirm ${anna.email} --json`)
  const { result } = JSON.parse(done.stdout) as { result: { erasure: string; receiptFile: string } }
  file = join(workdir, result.receiptFile)
  erasure = result.erasure
})
afterAll(async () => {
  await database?.end()
  await bench?.remove()
  await rm(workdir, { recursive: true, force: true })
})

async function journeys(words: string, options: { env?: NodeJS.ProcessEnv; environment?: string } = {}): Promise<Ran> {
  const { environment = 'staging' } = options
  const ran = await runMain([...words.split(' '), '--env', environment], {
    cwd: workdir,
    env: { ...env, ...options.env },
  })
  // Broken at the width of a screen.
  return { ...ran, stderr: ran.stderr.replace(/\n {7}/g, ' ') }
}

test('a receipt is named by its file or by its erasure, and holds', async () => {
  const ran = await journeys(`gdpr verify ${file}`)
  expect(ran).toMatchObject({ code: 0, stderr: '' })
  expect(ran.stdout).toMatch(new RegExp(`^Journeys receipt · staging · ${erasure} +HOLDS\n`))
  expect(ran.stdout).toContain('number 1 of 1: no gap, every hash and signature fits')
  expect(ran.stdout).toMatch(/ok +database +nobody with this hash among \d+ ids/)
  expect(ran.stdout.split('\n').filter((line) => line.length > 80 && !line.includes(workdir))).toEqual([])
  const document = await parseDocument((await journeys(`gdpr verify ${erasure.toLowerCase()} --json`)).stdout)
  expect(document).toMatchObject({ ok: true, erasure, outcome: 'done', seq: 1, deadlineKept: true })
  expect(await journeys('gdpr verify nothing.json')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('There is no receipt nothing.json'),
  })
})

test('a tampered one does not, and it is said where', async () => {
  const tampered = join(workdir, 'tampered.json')
  const text = await readFile(file, 'utf8')
  await writeFile(tampered, text.replace('"deadlineKept":true', '"deadlineKept":false'))
  const { code, stdout, stderr } = await journeys('gdpr verify tampered.json')
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toContain('error  The receipt is not what was signed')
  expect(stderr).toContain('they differ in deadlineKept')
  expect(JSON.parse((await journeys('gdpr verify tampered.json --json')).stdout)).toMatchObject({
    ok: false,
    error: { code: 'receipt_tampered' },
  })
})

test('an auditor needs the published key and no database; another key, or none, is an error', async () => {
  const { publicKey } = gdprKeyOf(secret)
  const nothing = { DATABASE_URL: '', JOURNEYS_GDPR_KEY: '' }
  const ran = await journeys(`gdpr verify ${file} --offline --public-key ${publicKey}`, { env: nothing })
  expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining('HOLDS, AS FAR AS ASKED') })
  expect(await journeys(`gdpr verify ${file} --offline`, { env: nothing })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('JOURNEYS_GDPR_KEY is not set'),
  })
  expect(await journeys(`gdpr verify ${file}`, { env: { JOURNEYS_GDPR_KEY: newGdprSecret() } })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("is not one of this environment's keys"),
  })
  expect(await journeys(`gdpr verify ${file} --public-key short`)).toMatchObject({ code: 2 })
  expect(await journeys(`gdpr verify ${file}`, { environment: 'live' })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--env staging'),
  })
})

test('purge-ledger shows what is too old, and forgets it only when told to', async () => {
  const folder = join(workdir, '.journeys', 'gdpr', 'staging')
  const empty = await journeys('gdpr purge-ledger')
  expect(empty).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing is older than 3 years.') })

  await database.query(`update private.erasure_ledger set finished_at = now() - interval '4 years'`)
  const waiting = await journeys('gdpr purge-ledger')
  expect(waiting.stdout).toContain('Nothing is older than 3 years and ticked off.')
  expect(waiting.stdout).toContain(`next   journeys gdpr tick ${erasure} backups --env staging`)

  await database.query(`update private.erasure_by_hand set done_at = now(), done_by = 'dora'`)
  const plan = await journeys('gdpr purge-ledger')
  expect(plan.stdout).toContain('  journeys gdpr purge-ledger --env staging --confirm staging\n')
  for (const { stdout } of [waiting, plan]) expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
  expect(await journeys('gdpr purge-ledger --confirm live')).toMatchObject({ code: 2 })
  expect(await journeys('gdpr purge-ledger --confirm live', { environment: 'live' })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('name it a second time'),
  })
  expect((await database.query('select from private.erasure_ledger')).rowCount).toBe(1)

  const done = await journeys('gdpr purge-ledger --confirm staging')
  expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining('Forgotten: 1 erasure, 1 receipt, 2 files.') })
  expect((await database.query('select from private.erasure_ledger')).rowCount).toBe(0)
  expect(await readdir(folder)).toEqual(['ledger.jsonl'])
  expect(await readFile(join(folder, 'ledger.jsonl'), 'utf8')).toBe('')
  const document = await parseDocument((await journeys('gdpr purge-ledger --json')).stdout)
  expect(document).toMatchObject({ ok: true, applied: false, purge: [], waiting: [] })
})
