import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { newGdprSecret } from '@journeys/core/ops'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createErasureBench, type ErasablePerson, type ErasureBench } from '../../../../tests/support/erasable.ts'
import { parseDocument } from '../testing/json-schema.ts'
import { type Ran, type RunOptions, runMain } from '../testing/run-main.ts'

let bench: ErasureBench
let workdir: string
let env: NodeJS.ProcessEnv
let anna: ErasablePerson
const printed: Ran[] = []
beforeAll(async () => {
  bench = await createErasureBench()
  workdir = await mkdtemp(join(tmpdir(), 'journeys-anonymize-'))
  await mkdir(join(workdir, 'supabase'))
  const url = bench.stack.url
  await writeFile(
    join(workdir, 'journeys.config.json'),
    JSON.stringify({ environments: { staging: { url }, live: { url, production: true } } }),
  )
  env = {
    DATABASE_URL: bench.stack.database.url,
    SUPABASE_ANON_KEY: bench.stack.anonKey,
    SUPABASE_SERVICE_ROLE_KEY: bench.stack.serviceRoleKey,
    JOURNEYS_GDPR_KEY: newGdprSecret(),
    USER: 'dora',
  }
})
beforeEach(async () => {
  anna = await bench.newPerson()
})
afterAll(async () => {
  await bench?.remove()
  await rm(workdir, { recursive: true, force: true })
})

async function journeys(words: string, options: RunOptions & { environment?: string } = {}): Promise<Ran> {
  const { environment = 'staging', ...rest } = options
  const ran = await runMain([...words.split(' '), '--env', environment], { cwd: workdir, env, ...rest })
  printed.push(ran)
  return ran
}

/** The command that the plan says to type, as words. */
async function confirming(words = ''): Promise<string> {
  const { stdout } = await journeys(`gdpr anonymize ${anna.email}${words}`)
  const line = stdout.split('\n').find((one) => one.startsWith('  journeys ')) ?? ''
  return line.trim().slice('journeys '.length).replace(' --env staging', '')
}

describe('gdpr anonymize', () => {
  test('shows the plan and changes nothing; the command that it prints does it, and says what was done', async () => {
    const plan = await journeys(`gdpr anonymize ${anna.email}`)
    expect(plan.code).toBe(0)
    expect(plan.stdout).toMatch(/^Journeys erasure · staging · .*PLAN\n/)
    expect(plan.stdout).toMatch(/ {2}erase +auth\.users 1 · /)
    expect(plan.stdout).toMatch(/ {2}overwrite +journal_entries 40: /)
    expect(plan.stdout).toMatch(/ 3 files in entry-media, /)
    expect(plan.stdout).toContain('Nothing has been changed. To do it:')
    expect((await journeys(`gdpr anonymize ${anna.id} --json`)).stdout).toContain('"result":null')

    const done = await journeys(`${await confirming(' --received 2026-11-02')} --json`)
    expect(done.code).toBe(0)
    const document = await parseDocument(done.stdout)
    expect(document).toMatchObject({
      ok: true,
      next: null,
      user: { id: anna.id, email: anna.email },
      result: { outcome: 'done', before: false, requestedAt: '2026-11-02T00:00:00.000Z', verification: { left: [] } },
    })
    const { result } = document as unknown as { result: { erasure: string; receiptFile: string } }
    expect(result.receiptFile).toMatch(/^\.journeys\/gdpr\/staging\//)
    expect((await stat(join(workdir, result.receiptFile))).mode & 0o777).toBe(0o600)
    expect(await bench.traces(anna.id)).toEqual([])

    const again = await journeys(`gdpr anonymize ${result.erasure}`)
    expect(again).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/ {2}before +this erasure was done on 20\d\d-/),
    })
    expect(await journeys(`gdpr anonymize ${anna.email}`)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('error  There is no user'),
    })
  })

  test('says in text what was searched for, where the receipt is, and what a person has yet to do', async () => {
    const { code, stdout, stderr } = await journeys(await confirming())
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^Journeys erasure · staging · E-[0-9A-F]{8} · .*\n? *done in \d/)
    expect(stdout).toMatch(/ {2}verified +searched \d+ columns of \d+ tables/)
    expect(stdout).toContain('nothing of this person was found')
    expect(stdout).toContain('Storage lists no file of theirs in 1 bucket')
    expect(stdout).toMatch(/ {2}receipt +.*\.json\n +.*\.html\n/)
    expect(stdout).toMatch(/ {2}by hand +Backups · /)
    expect(stdout).toMatch(/next {3}journeys gdpr tick E-\S+ backups --env staging/)
  })

  test('half a confirmation is none: it names the plan, and nothing is changed', async () => {
    const full = await confirming()
    const plan = full.split(' ')[4] ?? ''
    for (const [words, message] of [
      [`gdpr anonymize ${anna.email} --confirm ${anna.email}`, 'needs the --plan that it agrees to'],
      [`gdpr anonymize ${anna.email} --plan ${plan}`, '--plan needs --confirm'],
      [full.replace(/ --confirm .*/, ' --confirm ben@example.test'), 'names something else: nothing was changed'],
    ] as const) {
      const ran = await journeys(words)
      expect(ran.code, words).toBe(2)
      expect(ran.stderr, words).toContain(message)
      expect(ran.stderr, words).toContain(`--plan ${plan} --confirm ${anna.email}`)
    }
    expect(await journeys(full.replace(plan, '000000000000'))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Plan 000000000000 no longer fits what there is; nothing was changed'),
    })
    expect((await journeys(`${full} --dry-run`)).stdout).toContain('PLAN')
    expect((await bench.traces(anna.id)).length).toBeGreaterThan(40)
  })

  test('a production environment is named a second time', async () => {
    const { stdout } = await journeys(`gdpr anonymize ${anna.email} --json`, { environment: 'live' })
    const { plan } = (await parseDocument(stdout)) as unknown as { plan: { id: string } }
    const words = `gdpr anonymize ${anna.email} --plan ${plan.id} --confirm ${anna.email}`
    expect(await journeys(words, { environment: 'live' })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--confirm-production live'),
    })
    expect(await journeys(`${words} --confirm-production live`, { environment: 'live' })).toMatchObject({ code: 0 })
  })

  test('wrong days, reasons and people are told before anything happens', async () => {
    for (const [words, code, message] of [
      ['gdpr anonymize anna', 2, 'is neither a uuid nor an e-mail address'],
      ['gdpr anonymize 4b0e0000-0000-4000-8000-000000000000', 1, 'There is no user'],
      ['gdpr anonymize E-00000000', 1, 'The ledger has no erasure E-00000000'],
      [`gdpr anonymize ${anna.id} --received 2026-02-30`, 2, 'must be a day such as 2026-11-23'],
      [`gdpr anonymize ${anna.id} --received 2999-01-01`, 2, 'yet to come'],
      [`gdpr anonymize ${anna.id} --dismiss F-00000000`, 2, 'has none'],
      [`${await confirming()} --reason ${anna.email}`, 2, 'must not name the person'],
    ] as const) {
      const ran = await journeys(words)
      expect(ran.code, words).toBe(code)
      expect(ran.stderr.replace(/\s+/g, ' '), words).toContain(message)
    }
    const unreachable = { ...env, DATABASE_URL: 'postgresql://postgres:hunter2secret@127.0.0.1:1/postgres' }
    expect(await journeys(`gdpr anonymize ${anna.id}`, { env: unreachable })).toMatchObject({ code: 4 })
  })

  test('a hold blocks the plan; one on a part ends with exit code 3, and says what stays', async () => {
    await hold(null)
    const blocked = await journeys(`gdpr anonymize ${anna.email}`)
    expect(blocked).toMatchObject({ code: 0, stdout: expect.stringMatching(/BLOCKED\n/) })
    expect(blocked.stdout).toContain('Nothing has been changed, and nothing can be as it stands.')
    await bench.admin.query('delete from private.legal_holds')
    await hold('{public.purchases}')
    const { code, stdout } = await journeys(await confirming())
    expect(code).toBe(3)
    expect(stdout).toMatch(/PARTIAL\n/)
    expect(stdout.replace(/\s+/g, ' ')).toContain('nobody can sign in while a hold keeps')
    await bench.admin.query('delete from private.legal_holds')
    expect(await journeys(`gdpr anonymize ${anna.email}`)).toMatchObject({ code: 0 })
    expect(await bench.traces(anna.id)).toEqual([])
  })

  test('what the search finds is exit code 1, with where; dismissed for a reason, it is done and in the receipt', async () => {
    await bench.admin.query('create table private.letters (id int, body text)')
    await bench.admin.query('insert into private.letters values (1, $1)', [`Dear ${anna.email}`])
    try {
      const failed = await journeys(await confirming())
      expect(failed.code).toBe(1)
      expect(failed.stdout).toMatch(/FAILED\n/)
      const [, finding, erasure] = [
        ...(/(F-[0-9A-F]{8}) +email +private\.letters\.body +1\n/.exec(failed.stdout) ?? []),
        /E-[0-9A-F]{8}/.exec(failed.stdout)?.[0],
      ]
      expect(finding).toBeDefined()
      expect((await journeys(`gdpr anonymize ${erasure} --dismiss ${finding}`)).stderr).toContain('--reason')
      expect(await journeys(`gdpr anonymize ${erasure} --dismiss F-00000000 --reason x`)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(`${finding} in private.letters.body`),
      })
      const done = await journeys(`gdpr anonymize ${erasure} --dismiss ${finding} --reason a-form-letter --json`)
      expect(done.code).toBe(0)
      const { result } = (await parseDocument(done.stdout)) as unknown as { result: { receiptFile: string } }
      expect(JSON.parse(await readFile(join(workdir, result.receiptFile), 'utf8'))).toMatchObject({
        verification: { dismissed: [{ finding, reason: 'a-form-letter', by: 'dora' }] },
      })
    } finally {
      await bench.admin.query('drop table private.letters')
    }
  })
})

describe('gdpr key', () => {
  test('shows the public key and what each key made; one that is missing is exit code 3, and stops an erasure', async () => {
    await journeys(await confirming())
    const shown = await journeys('gdpr key')
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringMatching(/at hand\n/) })
    const document = await parseDocument((await journeys('gdpr key --json')).stdout)
    const { current } = document as unknown as { current: { id: string; publicKey: string } }
    expect(shown.stdout).toMatch(new RegExp(`public key +${current.publicKey}`))
    expect(shown.stdout).toMatch(new RegExp(`${current.id} +in use +0 +\\d+ +\\d+`))

    anna = await bench.newPerson()
    const other = { ...env, JOURNEYS_GDPR_KEY: newGdprSecret() }
    expect(await journeys('gdpr key', { env: other })).toMatchObject({
      code: 3,
      stdout: expect.stringMatching(new RegExp(`1 MISSING\\n[\\s\\S]*${current.id} +not at hand`)),
    })
    const words = await confirming()
    expect(await journeys(words, { env: other })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(current.id),
    })
    const both = { ...other, JOURNEYS_GDPR_OLD_KEYS: env.JOURNEYS_GDPR_KEY }
    expect(await journeys(words, { env: both })).toMatchObject({ code: 0 })
    const { JOURNEYS_GDPR_KEY: _, ...none } = env
    expect(await journeys('gdpr key', { env: none })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('journeys gdpr key --new --env staging'),
    })
  })

  test('--new writes the first one, and never overwrites one', async () => {
    const { JOURNEYS_GDPR_KEY: _, ...none } = env
    const made = await journeys('gdpr key --new', { env: none, environment: 'live' })
    expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/written\n[\s\S]*file +\.env\.live/) })
    const file = await readFile(join(workdir, '.env.live'), 'utf8')
    const secret = /^JOURNEYS_GDPR_KEY=(.*)$/m.exec(file)?.[1] ?? ''
    expect(made.stdout).not.toContain(secret)
    const again = await journeys('gdpr key --new', { env: none, environment: 'live' })
    expect(again.code).toBe(2)
    const hint = /journeys gdpr key --new --env live --confirm [0-9a-f]{16}/.exec(again.stderr)?.[0] ?? ''
    const renewed = await journeys(hint.replace('journeys ', '').replace(' --env live', ''), {
      env: none,
      environment: 'live',
    })
    expect(renewed.code).toBe(0)
    expect(await readFile(join(workdir, '.env.live'), 'utf8')).toContain(`JOURNEYS_GDPR_OLD_KEYS=${secret}\n`)
    await rm(join(workdir, '.env.live'))
  })
})

test('nothing that was printed holds a key, and no line but a command or a path is wider than 80 columns', () => {
  const secrets = [env.JOURNEYS_GDPR_KEY, env.SUPABASE_SERVICE_ROLE_KEY, 'hunter2secret']
  for (const { stdout, stderr } of printed) {
    for (const secret of secrets) expect(stdout + stderr).not.toContain(secret)
    const lines = stripVTControlCharacters(stdout + stderr).split('\n')
    expect(lines.filter((line) => line.length > 80 && !/^hint|^\{|journeys |\.json$|\.html$/.test(line))).toEqual([])
  }
})

function hold(tables: string | null) {
  return bench.admin.query(
    "insert into private.legal_holds (user_id, tables, reason, placed_by) values ($1, $2::text[], 'a claim', 'dora')",
    [anna.id, tables],
  )
}
