import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connect, type Database } from '@journeys/core/ops'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createProject, type TestProject } from '../../../../tests/support/project.ts'
import { parseDocument } from '../testing/json-schema.ts'
import { type Ran, type RunOptions, runMain } from '../testing/run-main.ts'

let project: TestProject
let database: Database
const anna = 'a0000000-0000-4000-8000-00000000000a'
const email = 'anna@example.org'
const actor = { env: { USER: 'dpo' } }
const day = (later = 0) => new Date(Date.now() + later * 86_400_000).toISOString().slice(0, 10)

/** As it reads when the lines were not broken. */
const unbroken = (text: string) => text.replace(/\s+/g, ' ')

/** Words, of which the last may be a text with spaces. */
async function journeys(words: string, options: RunOptions & { reason?: string } = {}): Promise<Ran> {
  const argv = [...words.split(' '), ...(options.reason === undefined ? [] : ['--reason', options.reason])]
  const ran = await runMain(argv, { cwd: project.workdir, ...actor, ...options })
  // Nothing is wider than a screen, but for a command that is to be copied.
  for (const line of ran.stdout.split('\n'))
    if (!/[{]|journeys gdpr/.test(line)) expect(line.length, line).toBeLessThan(81)
  if (process.env.SHOW)
    process.stdout.write(`\n$ journeys ${argv.join(' ')}   [${ran.code}]\n${ran.stdout}${ran.stderr}`)
  return ran
}

beforeAll(async () => {
  project = await createProject({ seed: '' })
  await runMain(['start'], { cwd: project.workdir })
  const state = JSON.parse(await readFile(join(project.folder, 'stack.json'), 'utf8'))
  database = await connect(state.databaseUrl)
  await database.query('insert into auth.users (id, email, created_at) values ($1, $2, now())', [anna, email])
})
afterEach(async () => {
  await database.query('delete from private.legal_holds; delete from private.processing_restrictions')
})
afterAll(async () => {
  await database?.end()
  await project?.remove()
})

const write = () =>
  database.query("insert into public.journal_entries (user_id, reflection) values ($1, 'A good day.')", [anna])

describe('journeys gdpr restrict', () => {
  test('says that nobody is restricted, then who is, since when and why, and what to type to end it', async () => {
    expect((await journeys('gdpr restrict')).stdout).toMatch(
      /^Journeys restriction · local +0 people\n\n {2}Nobody's data is restricted\.\n$/,
    )
    const { code, stdout, stderr } = await journeys(`gdpr restrict ${email}`, { reason: 'accuracy contested, file 7' })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^Journeys restriction · local · anna@example\.org +RESTRICTED\n/)
    expect(stdout).toMatch(
      / {2}since +\d{4}-\d\d-\d\d \d\d:\d\d UTC, placed by dpo\n {2}reason +accuracy contested, file 7\n/,
    )
    expect(stdout).toMatch(/Audit record \d+\./)
    expect(stdout).toContain(`next   journeys gdpr unrestrict ${email}\n`)
    await expect(write()).rejects.toMatchObject({ code: 'processing_restricted' })

    expect((await journeys('gdpr restrict')).stdout).toMatch(
      /anna@example\.org +\d{4}-\d\d-\d\d +dpo +accuracy contested/,
    )
    const again = await journeys(`gdpr restrict ${anna} --json`, { reason: 'another' })
    expect(await parseDocument(again.stdout)).toMatchObject({
      ok: true,
      placed: false,
      auditId: null,
      restrictions: [{ user: { id: anna, email }, reason: 'accuracy contested, file 7', placedBy: 'dpo' }],
    })
    expect((await journeys(`gdpr restrict ${anna}`, { reason: 'another' })).stdout).toContain('restricted already')
    expect(await parseDocument((await journeys('gdpr restrict --json')).stdout)).toMatchObject({ named: false })
  })

  test('ends once they have been told: without that day it only shows', async () => {
    await journeys(`gdpr restrict ${email}`, { reason: 'accuracy contested, file 7' })
    const shown = await journeys(`gdpr unrestrict ${email}`)
    expect(shown.code).toBe(0)
    expect(shown.stdout).toContain('Nothing has been changed. Once they have been told (Art. 18(3) GDPR):')
    expect(shown.stdout).toContain(`  journeys gdpr unrestrict ${email} --informed YYYY-MM-DD\n`)
    await expect(write()).rejects.toThrow()
    expect(await journeys(`gdpr unrestrict ${email} --informed yesterday`)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--informed must be a day such as 2026-11-23'),
    })
    expect(unbroken((await journeys(`gdpr unrestrict ${email} --informed 2020-01-01`)).stderr)).toContain(
      'the restriction was placed on',
    )
    const ended = await journeys(`gdpr unrestrict ${email} --informed ${day()} --json`)
    expect(await parseDocument(ended.stdout)).toMatchObject({ ended: true, restriction: { user: { email } } })
    await write()
    const nothing = await journeys(`gdpr unrestrict ${email}`)
    expect(nothing).toMatchObject({ code: 1, stderr: expect.stringContaining('hint   journeys gdpr restrict lists') })
  })

  test('used wrongly: exit code 2, what to type, and nothing is written', async () => {
    const noReason = await journeys(`gdpr restrict ${email}`)
    expect(noReason).toMatchObject({ code: 2, stderr: expect.stringContaining('--reason is needed') })
    const nobodyNamed = await journeys('gdpr restrict', { reason: 'x' })
    expect(nobodyNamed).toMatchObject({ code: 2, stderr: expect.stringContaining('--reason needs a person') })
    expect((await journeys('gdpr restrict anna', { reason: 'x' })).stderr).toContain('neither a uuid nor an e-mail')
    expect(await journeys('gdpr restrict ghost@example.org', { reason: 'x' })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is no user ghost@example.org'),
    })
    expect((await journeys('gdpr restrict --josn')).stderr).toContain('did you mean --json?')
    expect((await journeys('gdpr unrestrict')).stderr).toContain('missing <user>')
    const document = await parseDocument((await journeys(`gdpr restrict ${email} --json`, { reason: ' ' })).stdout)
    expect(document).toMatchObject({ ok: false, error: { code: 'reason_invalid' } })
    expect((await journeys('gdpr restrict')).stdout).toContain("Nobody's data is restricted.")
  })
})

describe('journeys gdpr hold', () => {
  test('keeps what it names, is listed, and ends only with the name of whom it is about', async () => {
    expect((await journeys('gdpr hold list')).stdout).toContain('There is none.')
    await write()
    const added = await journeys(`gdpr hold add ${email} --tables journal_entries,storage.objects`, {
      reason: 'claim of the insurer, file 8',
    })
    expect({ code: added.code, stderr: added.stderr }).toEqual({ code: 0, stderr: '' })
    expect(added.stdout).toMatch(/^Journeys legal hold · local · anna@example\.org +hold \d+\n/)
    expect(added.stdout).toMatch(/ {2}covers +journal_entries, storage\.objects; the account stays, too\n/)
    await expect(database.query('delete from public.journal_entries where user_id = $1', [anna])).rejects.toMatchObject(
      {
        code: 'legal_hold',
      },
    )
    const id = /hold (\d+)\n/.exec(added.stdout)?.[1]
    expect(unbroken((await journeys('gdpr hold list')).stdout)).toContain(
      `${id} anna@example.org ${day()} – journal_entries, `,
    )

    const shown = await journeys(`gdpr hold remove ${id}`)
    expect(shown.stdout).toContain(`  journeys gdpr hold remove ${id} --confirm ${email}\n`)
    const wrong = await journeys(`gdpr hold remove ${id} --confirm ben@example.org`)
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('nothing was changed') })
    const removed = await journeys(`gdpr hold remove ${id} --confirm ${anna}`)
    expect(removed.stdout).toMatch(/ removed\n/)
    expect(removed.stdout).toMatch(/Audit record \d+\. What it covered may be erased/)
    expect(await journeys(`gdpr hold remove ${id}`)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`There is no legal hold ${id}`),
    })
    await database.query('delete from public.journal_entries where user_id = $1', [anna])
  })

  test('--due exits with 3 when one has to be looked at, and says which', async () => {
    await journeys(`gdpr hold add ${email} --review-on ${day(30)}`, { reason: 'later' })
    expect(await journeys('gdpr hold list --due')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('None has to be looked at.'),
    })
    await database.query('update private.legal_holds set review_on = current_date - 1')
    const due = await journeys('gdpr hold list --due')
    expect(due.code).toBe(3)
    expect(due.stdout).toMatch(/1 hold to look at\n/)
    expect(due.stdout).toMatch(/next {3}journeys gdpr hold remove \d+\n/)
    const document = await parseDocument((await journeys('gdpr hold list --due --json')).stdout)
    expect(document).toMatchObject({ ok: false, holds: [{ tables: null, reviewDue: true }] })
    const { code, stdout } = await journeys(`gdpr hold list ${email} --json`)
    expect(code).toBe(0)
    expect(await parseDocument(stdout)).toMatchObject({ holds: [{ user: { email } }] })
  })

  test('used wrongly: exit code 2, what was meant, and nothing is written', async () => {
    const misspelt = await journeys(`gdpr hold add ${email} --tables purchase`, { reason: 'x' })
    expect(misspelt).toMatchObject({ code: 2, stderr: expect.stringContaining('hint   did you mean purchases?') })
    expect((await journeys(`gdpr hold add ${email}`)).stderr).toContain('--reason is needed')
    expect((await journeys(`gdpr hold add ${email} --tables ,`, { reason: 'x' })).stderr).toContain(
      'at least one table',
    )
    expect((await journeys(`gdpr hold add ${email} --review-on soon`, { reason: 'x' })).code).toBe(2)
    expect((await journeys('gdpr hold remove three')).stderr).toContain('must be a whole number')
    expect((await journeys('gdpr hold')).stdout + (await journeys('gdpr hold')).stderr).toContain('gdpr hold add')
    expect((await journeys('gdpr hold lst')).stderr).toContain('did you mean journeys gdpr hold list?')
    const document = await parseDocument((await journeys('gdpr hold remove 999 --json')).stdout)
    expect(document).toMatchObject({ ok: false, error: { code: 'hold_not_found', hint: 'journeys gdpr hold list' } })
    expect((await journeys('gdpr hold list')).stdout).toContain('There is none.')
  })

  test('placed late says so: months on their way out, and an erasure that has begun', async () => {
    await database.query(
      `insert into private.erasure_ledger (id, subject_hash, key_id, user_id, due_at, actor, plan_id, plan)
       values ('E-0000ABCD', 'x', 'k', $1, now(), 'dpo', 'p', '{}')`,
      [anna],
    )
    const { stdout } = await journeys(`gdpr hold add ${email}`, { reason: 'claim, file 9' })
    expect(stdout).toMatch(/ {2}erasure +E-0000ABCD has begun: what it erased is gone/)
    expect(stdout).toContain('next   journeys gdpr status E-0000ABCD\n')
    await database.query('delete from private.erasure_ledger')
  })
})
