import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type Database, newGdprSecret } from '@journeys/core/ops'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, createUser, type TestDatabase } from '../../../../tests/support/database.ts'
import { parseDocument } from '../testing/json-schema.ts'
import { type Ran, runMain } from '../testing/run-main.ts'

let target: TestDatabase
let database: Database
let workdir: string
let env: NodeJS.ProcessEnv
beforeAll(async () => {
  target = await createTestDatabase()
  database = await connect(target.url)
  workdir = await mkdtemp(join(tmpdir(), 'journeys-replay-'))
  await mkdir(join(workdir, 'supabase'))
  await writeFile(
    join(workdir, 'journeys.config.json'),
    JSON.stringify({
      environments: { staging: { url: 'http://127.0.0.1:1' }, live: { url: 'http://127.0.0.1:1', production: true } },
    }),
  )
  env = { DATABASE_URL: target.url, JOURNEYS_GDPR_KEY: newGdprSecret(), USER: 'dora' }
})
afterAll(async () => {
  await database?.end()
  await target?.drop()
  await rm(workdir, { recursive: true, force: true })
})

/** Nothing printed may be wider than a screen, but for what is there to be copied; and nothing holds the key. */
async function journeys(words: string, more: NodeJS.ProcessEnv = {}): Promise<Ran> {
  const ran = await runMain([...words.split(' '), '--env', 'staging'], { cwd: workdir, env: { ...env, ...more } })
  if (!words.includes('--json')) {
    const lines = `${ran.stdout}${ran.stderr}`.split('\n')
    expect(lines.filter((line) => line.length > 80 && !/journeys |^hint/.test(line))).toEqual([])
  }
  expect(ran.stdout + ran.stderr).not.toContain(env.JOURNEYS_GDPR_KEY)
  return ran
}

const person = (name: string) => createUser(target, { email: `${name}@example.test` })

/** As a restored backup would have them. */
async function bringBack(...ids: string[]): Promise<void> {
  const admin = new pg.Client({ connectionString: target.superuserUrl })
  await admin.connect()
  for (const id of ids) {
    await admin.query(
      `insert into auth.users (instance_id, id, aud, role, email)
       values ('00000000-0000-0000-0000-000000000000', $1::uuid, 'authenticated', 'authenticated', $1::text || '@back.test')`,
      [id],
    )
  }
  await admin.end()
}

const erasing = (stdout: string) => /--plan ([0-9a-f]{12}) --confirm (\d+)\n/.exec(stdout)?.[0].trim() ?? ''

test('several people: one plan for all, refusals before anything runs, a summary, and the exit code of the worst', async () => {
  const [anna] = [await person('anna'), await person('ben')]
  await database.query("insert into public.profiles (user_id, display_name) values ($1, 'Anna')", [anna])
  await writeFile(join(workdir, 'people.txt'), `# November\n${anna}\nben@example.test\nnobody@example.test\n${anna}\n`)
  const plan = await journeys('gdpr anonymize --users-from people.txt')
  expect(plan.code).toBe(3)
  expect(plan.stdout).toMatch(/^Journeys erasure · staging · 2 people +PLAN\n/)
  expect(plan.stdout).toMatch(/ {2}erase +auth\.users 2 · .*profiles 1/)
  expect(plan.stdout).toMatch(/ {2}refused +line 4 {2}nobody@example\.test: There is no user nobody@example\.test\n/)
  expect(plan.stdout).toContain(`line 5  ${anna}: is the same`)
  expect(plan.stdout).toMatch(
    /Nothing has been changed\. To do it:\n {2}journeys gdpr anonymize --users-from people\.txt --env staging --plan [0-9a-f]{12} --confirm 2\n$/,
  )
  const agreed = erasing(plan.stdout)
  for (const [words, code, says] of [
    [agreed.replace('--confirm 2', '--confirm 4'), 2, 'takes the number of people, and that is 2'],
    ['--confirm 2', 2, 'needs the --plan'],
    [agreed.replace(/ --confirm.*/, ''), 2, 'needs --confirm'],
    ['--plan 000000000000 --confirm 2', 1, 'no longer fits'],
  ] as const) {
    const refused = await journeys(`gdpr anonymize --users-from people.txt ${words}`)
    expect(refused).toMatchObject({ code, stdout: '', stderr: expect.stringContaining(says) })
  }
  expect((await database.query('select from private.erasure_ledger')).rows).toHaveLength(0)
  const done = await journeys(`gdpr anonymize --users-from people.txt ${agreed}`)
  expect(done.code).toBe(1)
  expect(done.stdout).toMatch(/^Journeys erasure · staging · 2 people +2 FAILED\n/)
  expect(done.stdout).toMatch(/ {2}ben@example\.test +done +E-[0-9A-F]{8} {2}line 3\n/)
  expect(done.stdout).toContain('2 done · 0 partial · 2 failed\n')
  expect(done.stderr).toMatch(/^1 of 2 {3}line 2 {3}E-[0-9A-F]{8} {3}done\n2 of 2/)
  const json = await journeys('gdpr anonymize --users-from people.txt --json')
  expect(await parseDocument(json.stdout)).toMatchObject({
    ok: false,
    next: null,
    several: { people: [], before: [{ line: 2 }, { line: 5 }], refused: [{ line: 3 }, { line: 4 }] },
  })
})

test.each([
  ['gdpr anonymize', 'missing <user>'],
  ['gdpr anonymize anna@example.test --users-from people.txt', 'one or the other'],
  ['gdpr anonymize --users-from nowhere.txt', 'nowhere.txt cannot be read'],
  ['gdpr anonymize --users-from people.txt --dismiss F-1A2B3C4D', '--dismiss'],
])('%s is an error that says what to type', async (words, says) => {
  expect(await journeys(words)).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining(says) })
})

test('replay: nobody back says how many were compared; who is back is listed, and erased again with --confirm', async () => {
  const fine = await journeys('gdpr replay')
  expect(fine.code).toBe(0)
  expect(fine.stdout).toMatch(/^Journeys replay · staging +nobody is back\n/)
  expect(fine.stdout).toMatch(/ {2}compared +0 accounts · 0 folders of files · \d+ columns with ids\n/)

  const carla = await person('carla')
  await writeFile(join(workdir, 'carla.txt'), carla)
  const agreed = erasing((await journeys('gdpr anonymize --users-from carla.txt')).stdout)
  expect((await journeys(`gdpr anonymize --users-from carla.txt ${agreed}`)).code).toBe(0)
  await bringBack(carla)
  const back = await journeys('gdpr replay')
  expect(back.code).toBe(3)
  expect(back.stdout).toMatch(/^Journeys replay · staging +1 BACK\n/)
  expect(back.stdout).toMatch(new RegExp(` {2}${carla} +E-[0-9A-F]{8} +account\n`))
  expect(back.stdout).toMatch(/ {2}journeys gdpr replay --env staging --confirm staging\n$/)
  expect(await parseDocument((await journeys('gdpr replay --json')).stdout)).toMatchObject({
    ok: false,
    applied: false,
    back: [{ userId: carla, hasAccount: true }],
  })
  expect(await journeys('gdpr replay --confirm production')).toMatchObject({ code: 2, stdout: '' })
  const done = await journeys('gdpr replay --confirm staging')
  expect(done.code).toBe(0)
  expect(done.stdout).toMatch(/^Journeys replay · staging +done in .*\n/)
  expect(done.stdout).toMatch(new RegExp(` {2}${carla} +done +E-[0-9A-F]{8} +repeats\\s+E-`))
  // The file of a receipt that is lost is written again by looking.
  const folder = join(workdir, '.journeys', 'gdpr', 'staging')
  const erasure = / done +(E-[0-9A-F]{8}) +repeats/.exec(done.stdout)?.[1] ?? ''
  const [file = ''] = (await readdir(folder)).filter((name) => name.endsWith(`${erasure}.json`))
  await rm(join(folder, file))
  const status = await journeys(`gdpr status ${erasure}`)
  expect(status.stdout).toContain(`  file       .journeys/gdpr/staging/${file}\n`)
  expect(await readdir(folder)).toContain(file)
  const again = await journeys('gdpr replay --confirm staging --json')
  expect(await parseDocument(again.stdout)).toMatchObject({ ok: true, applied: true, back: [], results: [] })
})

test('a production environment is asked for a second time', async () => {
  const words = 'gdpr replay --env live --confirm live'.split(' ')
  const once = await runMain(words, { cwd: workdir, env })
  expect(once.code).toBe(2)
  expect(once.stderr).toContain('hint   journeys gdpr replay --env live --confirm live --confirm-production live')
})

test('without the key of the ledger nothing can be compared: exit code 2, and the name of the key', async () => {
  const other = await journeys('gdpr replay', { JOURNEYS_GDPR_KEY: newGdprSecret() })
  expect(other).toMatchObject({ code: 2, stdout: '' })
  expect(other.stderr).toMatch(/^error {2}The ledger was written with key [0-9a-f]{16}, which is not at hand\n/)
  expect(other.stderr).toContain('JOURNEYS_GDPR_OLD_KEYS')
})

test('a receipt that somebody changed is said, and the replay is not called complete', async () => {
  const folder = join(workdir, '.journeys', 'gdpr', 'staging')
  const [name = ''] = (await readdir(folder)).filter((one) => one.endsWith('.json'))
  await writeFile(join(folder, name), '{}')
  const plan = await journeys('gdpr replay')
  expect(plan.code).toBe(3)
  expect(plan.stdout).toMatch(/NOT COMPLETE\n/)
  expect(plan.stdout.replace(/\s+/g, ' ')).toContain('is no receipt, or not all of one')
  expect((await journeys('gdpr replay --confirm staging')).code).toBe(1)
})
