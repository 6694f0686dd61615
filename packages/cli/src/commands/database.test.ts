import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { connect, type Database } from '@journeys/core/ops'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createProject, type TestProject } from '../../../../tests/support/project.ts'
import { parseDocument } from '../testing/json-schema.ts'
import { type Ran, type RunOptions, runMain } from '../testing/run-main.ts'

let project: TestProject
let database: Database
let secrets: string[]
const everything: Ran[] = []

async function journeys(words: string, options: RunOptions = {}): Promise<Ran> {
  const ran = await runMain(words.split(' '), { cwd: project.workdir, ...options })
  everything.push(ran)
  return ran
}

beforeAll(async () => {
  project = await createProject()
  await runMain(['start'], { cwd: project.workdir })
  const state = JSON.parse(await readFile(join(project.folder, 'stack.json'), 'utf8'))
  secrets = [state.anonKey, state.serviceRoleKey, state.jwtSecret, new URL(state.databaseUrl).password]
  database = await connect(state.databaseUrl)
})
afterAll(async () => {
  await database?.end()
  await project?.remove()
})

test('health of a fresh stack is one green verdict and exit code 0', async () => {
  const { code, stdout, stderr } = await journeys('health')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(/^Journeys · local · \d\d:\d\d:\d\d +OK\n/)
  expect(stdout).toMatch(/\d+ ok · 0 warning · 0 critical · 0 unknown/)
  expect(await parseDocument((await journeys('health --json')).stdout)).toMatchObject({ ok: true, verdict: 'ok' })
})

test('a table without RLS turns health critical, says what to type, and only --fail-on decides the exit code', async () => {
  await database.query('create table public.open_door (id int)')
  try {
    const { code, stdout } = await journeys('health')
    expect(code).toBe(2)
    expect(stdout).toMatch(/CRITICAL\n/)
    expect(stdout).toContain('open_door')
    expect(stdout).toMatch(/ do +\S/)
    const { code: jsonCode, stdout: json } = await journeys('health --json --only row-level-security')
    expect(jsonCode).toBe(2)
    expect(await parseDocument(json)).toMatchObject({ ok: false, verdict: 'critical', counts: { critical: 1, ok: 0 } })
    expect((await journeys('health --only api --fail-on warning')).code).toBe(0)
  } finally {
    await database.query('drop table public.open_door')
  }
})

test('health --watch prints one line a time for a log, one document a line as JSON, and redraws a terminal', async () => {
  const watch = async (words: string, lines: number, terminal?: number) => {
    const stop = new AbortController()
    const enough = (stdout: string) => {
      if (stdout.split(words.includes('json') || !terminal ? '\n' : '\u001b[J').length > lines) stop.abort()
    }
    return journeys(words, { signal: stop.signal, onOutput: enough, ...(terminal && { terminal }) })
  }
  const log = await watch('health --watch 1 --only api,database', 2)
  expect(log.code).toBe(130)
  expect(log.stderr).toBe('')
  expect(log.stdout).toMatch(/^(\d\d:\d\d:\d\d {2}OK\n){2,}$/)
  const json = await watch('health --watch 1 --only api,database --json', 2)
  for (const line of json.stdout.trim().split('\n')) expect(await parseDocument(line)).toMatchObject({ verdict: 'ok' })
  expect((await watch('health --watch 1 --only api', 2, 80)).stdout).toContain('A\u001b[J')
})

test('migrate shows what is pending, applies it once, and says where a broken one is wrong', async () => {
  const file = join(project.workdir, 'supabase', 'migrations', '20991231000000_mood_notes.sql')
  await writeFile(file, 'create table private.mood_notes (id int);\n')
  const status = await journeys('migrate status')
  expect(status.stdout).toMatch(/1 pending\n/)
  expect(status.stdout).toMatch(/20991231000000 +mood_notes +pending/)
  expect(status.stdout).toContain('next   journeys migrate up')
  expect((await journeys('migrate up --dry-run')).stdout).toContain('Nothing has been changed.')
  const { stdout } = await journeys('migrate up --json')
  expect(await parseDocument(stdout)).toMatchObject({ applied: [{ version: '20991231000000', name: 'mood_notes' }] })
  expect((await journeys('migrate up')).stdout).toContain('nothing to do')
  await parseDocument((await journeys('migrate status --json')).stdout)
  await writeFile(
    join(project.workdir, 'supabase', 'migrations', '20991231000001_broken.sql'),
    'select 1;\ncreate tabel x;',
  )
  const broken = await journeys('migrate up')
  expect(broken.code).toBe(1)
  expect(broken.stderr).toContain('20991231000001_broken.sql')
  expect(broken.stderr).not.toContain('    at ')
})

test('gdpr anonymize shows the plan, refuses a wrong name, and erases with the right one', async () => {
  const { rows } = await database.query<{ email: string }>(
    'select u.email from auth.users u join public.journal_entries j on j.user_id = u.id group by 1 limit 1',
  )
  const email = rows[0]?.email ?? ''
  const shown = await journeys(`gdpr anonymize ${email}`)
  expect(shown.code).toBe(0)
  expect(shown.stdout).toMatch(/erase +auth\.users 1/)
  const full = /journeys (gdpr anonymize \S+ --plan [0-9a-f]{12} --confirm \S+)/.exec(shown.stdout)?.[1] ?? ''
  const wrong = await journeys(full.replace(/--confirm .*/, '--confirm someone@else.example'))
  expect(wrong.code).toBe(2)
  expect(wrong.stderr).toContain('nothing was changed')
  // The key of the local stack is made at first use, beside its data.
  const done = await journeys(`${full} --json`, { env: { USER: 'dpo' } })
  expect(await parseDocument(done.stdout)).toMatchObject({ result: { verification: { left: [], unread: [] } } })
  expect(await parseDocument(done.stdout)).toMatchObject({ ok: true, result: { outcome: 'done' } })
  expect((await stat(join(project.workdir, '.journeys', 'gdpr', 'key'))).mode & 0o777).toBe(0o600)
  const { rows: audit } = await database.query("select actor from private.audit_log where action = 'user.erase'")
  expect(audit).toEqual([{ actor: 'dpo' }])
  const again = await journeys(`gdpr anonymize ${email}`)
  expect(again.code).toBe(1)
  expect(again.stderr).toContain('error  There is no user')
})

test('gdpr coverage is silent about what is decided, and exits 3 with what to write about what is not', async () => {
  const fine = await journeys('gdpr coverage')
  expect(fine.code).toBe(0)
  expect(fine.stdout).toMatch(/^Journeys personal data · local · .* all decided\n/)
  expect(fine.stdout).toMatch(/public\.purchases +\d+ +overwrites 1, unlinks 1, keeps \d\n/)
  expect((await journeys('gdpr coverage --all')).stdout).toContain('keep 10 years: accounting law')
  await database.query('create table public.letters (id int, writer uuid references auth.users (id) on delete cascade)')
  try {
    const { code, stdout } = await journeys('gdpr coverage')
    expect(code).toBe(3)
    expect(stdout).toMatch(/ 1 finding\n/)
    expect(stdout).toContain('writer → auth.users')
    const document = await parseDocument((await journeys('gdpr coverage --json')).stdout)
    expect(document).toMatchObject({ ok: false, findings: [{ kind: 'undecided', table: 'public.letters' }] })
    const { add } = (document as { findings: { add: object }[] }).findings[0] ?? {}
    const file = join(project.workdir, 'journeys.config.json')
    await writeFile(file, JSON.stringify({ personalData: { tables: add } }))
    expect((await journeys('gdpr coverage')).code).toBe(0)
    await writeFile(file, '{}')
  } finally {
    await database.query('drop table public.letters')
  }
})

test('retention shows the plan, removes what has expired, brings a month back, and prints its schedule', async () => {
  await database.query(
    `create table partitions.journal_entries_2001_01 partition of public.journal_entries for values from ('2001-01-01') to ('2001-02-01')`,
  )
  const plan = await journeys('retention plan')
  expect(plan.code).toBe(0)
  expect(plan.stdout).toMatch(/^Journeys retention · local +PLAN\n/)
  expect(plan.stdout).toMatch(/entries +2 years +\d{4}-\d\d-\d\d +\d+ +0\n/)
  expect(plan.stdout).toMatch(/journal_entries_2001_01 +2001-01-01 +empty +0/)
  expect(plan.stdout).toContain('\n  journeys retention run --confirm local\n')
  expect(await parseDocument((await journeys('retention plan --json')).stdout)).toMatchObject({
    months: [{ name: 'journal_entries_2001_01', rows: 0 }],
  })
  expect(await parseDocument((await journeys('retention run --json')).stdout)).toMatchObject({ applied: false })
  expect((await journeys('retention run --confirm staging')).code).toBe(2)
  const done = await journeys('retention run --confirm')
  expect(done.stdout).toMatch(/done in /)
  expect(done.stdout).toMatch(/retired +1 month, 0 entries; dropped after/)
  const { stdout } = await journeys('retention run --confirm --json')
  expect(await parseDocument(stdout)).toMatchObject({ applied: true, runs: [{ state: 'done', rowsDeleted: 0 }] })

  const unknown = await journeys('retention restore journal_entries_2001_1')
  expect(unknown.code).toBe(1)
  expect(unknown.stderr).toContain('did you mean journal_entries_2001_01?')
  expect((await journeys('retention restore journal_entries_2001_01 --until soon')).code).toBe(2)
  const back = await journeys('retention restore journal_entries_2001_01 --until 2999-12-31 --json')
  expect(await parseDocument(back.stdout)).toMatchObject({ name: 'journal_entries_2001_01', keepUntil: '2999-12-31' })
  expect((await journeys('retention run --confirm')).stdout).toContain(
    'journal_entries_2001_01: somebody brought it back',
  )
  await database.query('drop table partitions.journal_entries_2001_01')

  const schedule = await journeys('retention schedule --at 04:05')
  expect(schedule.stdout).toMatch(/^5 4 \* \* \* .*&& npx journeys retention run --confirm local/m)
  expect(schedule.stdout).toContain("    - cron: '5 4 * * *'")
  expect(schedule.stdout).toContain('this database has no pg_cron')
  expect((await journeys('retention schedule --format cron')).stdout.split('\n')).toHaveLength(2)
  expect(await parseDocument((await journeys('retention schedule --json')).stdout)).toMatchObject({ pgCron: null })
})

test('config show says every value and its origin; a wrong file is one error with all that is wrong', async () => {
  const file = join(project.workdir, 'journeys.config.json')
  await writeFile(file, JSON.stringify({ slo: { databaseLatencyMs: 30 } }))
  const { stdout } = await journeys('config show', { env: { JOURNEYS_SLO_ERROR_RATE_PERCENT: '1' } })
  expect(stdout).toMatch(/slo\.databaseLatencyMs +30 +file/)
  expect(stdout).toMatch(/slo\.errorRatePercent +1 +env\n/)
  expect(stdout).toContain('env  JOURNEYS_SLO_ERROR_RATE_PERCENT sets slo.errorRatePercent')
  expect(await parseDocument((await journeys('config show --json')).stdout)).toMatchObject({ file })
  await writeFile(file, JSON.stringify({ slo: { databaseLatencyMs: 'x', speed: 1 } }))
  const wrong = await journeys('config show')
  expect(wrong.code).toBe(2)
  expect(wrong.stderr).toContain('slo.databaseLatencyMs')
  expect(wrong.stderr).toContain('slo.speed')
  await writeFile(file, '{}')
})

test('a production environment is asked for twice, and refused for load', async () => {
  const state = JSON.parse(await readFile(join(project.folder, 'stack.json'), 'utf8'))
  await writeFile(
    join(project.workdir, 'journeys.config.json'),
    JSON.stringify({ environments: { live: { url: state.apiUrl, production: true } } }),
  )
  const env = { DATABASE_URL: state.databaseUrl, SUPABASE_ANON_KEY: state.anonKey }
  const once = await journeys('retention run --env live --confirm live', { env })
  expect(once.code).toBe(2)
  expect(once.stderr).toContain('hint   journeys retention run --env live --confirm live --confirm-production live')
  const twice = await journeys('retention run --env live --confirm live --confirm-production live --json', { env })
  expect(await parseDocument(twice.stdout)).toMatchObject({ ok: true, environment: 'live', applied: true })
  const load = await journeys('loadtest --env live', { env })
  expect(load.code).toBe(2)
  expect(load.stderr).toContain('production')
  const unreachable = { DATABASE_URL: 'postgresql://postgres:hunter2secret@127.0.0.1:1/postgres' }
  const down = await journeys('migrate status --env live', { env: unreachable })
  expect(down.code).toBe(4)
  expect(down.stderr).not.toContain('hunter2secret')
})

test('nothing that was printed holds a key or a password, and no line but a command is wider than 80 columns', () => {
  expect(secrets.every(Boolean)).toBe(true)
  const copied = /^hint|^\{|journeys /
  for (const { stdout, stderr } of everything) {
    for (const secret of secrets) expect(stdout + stderr).not.toContain(secret)
    const lines = stripVTControlCharacters(stdout + stderr).split('\n')
    expect(lines.filter((line) => line.length > 80 && !copied.test(line))).toEqual([])
  }
})
