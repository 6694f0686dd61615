import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createTestDatabase, createUser, type TestDatabase } from '../../../../tests/support/database.ts'
import { defaultConfig } from '../config/schema.ts'
import { connect, type Database } from '../database/connection.ts'
import type { GdprContext } from './erasure/context.ts'
import { eraseUser } from './erasure.ts'
import { gdprKeysOf, newGdprSecret } from './key.ts'
import { planErasure } from './plan-erasure.ts'
import { eraseSeveral, planSeveral } from './several.ts'
import { parsePeople } from './several-list.ts'
import { readErasures } from './status.ts'

describe('the list', () => {
  test('one person a line; comments, empty lines, carriage returns and a byte order mark are none', () => {
    const text = '\uFEFF# asked in November\r\nanna@example.test  # file 2026-114\r\n\r\n  ben#1@example.test\n#x\n'
    expect(parsePeople(text)).toEqual([
      { line: 2, user: 'anna@example.test' },
      { line: 4, user: 'ben#1@example.test' },
    ])
  })

  test('every line that is a person comes back with its number, whatever stands around it', () => {
    const noise = fc.constantFrom('', '   ', '# somebody@example.test', '\t#')
    fc.assert(
      fc.property(
        fc.array(fc.oneof(noise, fc.uuid(), fc.emailAddress())),
        fc.constantFrom('\n', '\r\n', '\r'),
        (lines, end) => {
          const wanted = lines.flatMap((user, index) => (/^\s*(#.*)?$/.test(user) ? [] : [{ line: index + 1, user }]))
          fc.pre(wanted.length > 0)
          expect(parsePeople(lines.join(end))).toEqual(wanted)
        },
      ),
    )
  })

  test('nobody, and far too many, are refused', () => {
    expect(() => parsePeople('# nobody\n')).toThrow(expect.objectContaining({ code: 'people_missing', exitCode: 2 }))
    expect(() => parsePeople('a@b.c\n'.repeat(10_001))).toThrow(expect.objectContaining({ code: 'people_too_many' }))
  })
})

describe('erasing', () => {
  let target: TestDatabase
  let database: Database
  let folder: string
  let context: GdprContext
  beforeEach(async () => {
    target = await createTestDatabase()
    database = await connect(target.url)
    folder = await mkdtemp(join(tmpdir(), 'journeys-several-'))
    context = {
      database,
      keys: gdprKeysOf([newGdprSecret()]),
      config: defaultConfig(),
      environment: { name: 'staging' },
      actor: 'ben',
      folder,
    }
  })
  afterEach(async () => {
    await database.end()
    await target.drop()
    await rm(folder, { recursive: true, force: true })
  })

  const person = (name: string) => createUser(target, { email: `${name}@example.test` })
  const hold = (id: string, tables: string[] | null) =>
    database.query(
      "insert into private.legal_holds (user_id, tables, reason, placed_by) values ($1, $2, 'a claim', 'ben')",
      [id, tables],
    )
  const plan = (...users: string[]) => planSeveral(context, parsePeople(users.join('\n')), { keepStatistics: false })

  test('who is unknown, named twice, or under a hold is said before anything runs; the others are erased', async () => {
    const [anna, ben, carla] = [await person('anna'), await person('ben'), await person('carla')]
    await hold(carla, null)
    const planned = await plan(anna, 'ben@example.test', 'nobody@example.test', 'ANNA@example.test', carla, 'scribble')
    expect(planned.people.map(({ line, userId }) => ({ line, userId }))).toEqual([
      { line: 1, userId: anna },
      { line: 2, userId: ben },
    ])
    expect(planned.refused.map(({ line, refusal }) => [line, refusal.code])).toEqual([
      [3, 'user_not_found'],
      [4, 'person_named_twice'],
      [5, 'under_legal_hold'],
      [6, 'user_malformed'],
    ])
    const results = await eraseSeveral(context, planned, { keepStatistics: false, reason: 'file 2026-114' })
    expect(results.map(({ outcome, refusal }) => ({ outcome, refusal }))).toEqual([
      { outcome: 'done', refusal: null },
      { outcome: 'done', refusal: null },
    ])
    expect((await readErasures(database, { all: true })).map(({ state, reason }) => ({ state, reason }))).toEqual([
      { state: 'done', reason: 'file 2026-114' },
      { state: 'done', reason: 'file 2026-114' },
    ])
  })

  test('one that fails on the way stops nobody else, and a hold on a part ends as partial', async () => {
    const [anna, ben, carla] = [await person('anna'), await person('ben'), await person('carla')]
    await hold(carla, ['public.purchases'])
    const planned = await plan(anna, ben, carla)
    expect(planned.people).toHaveLength(3)
    // Between the plan and the deed.
    await database.query("insert into public.profiles (user_id, display_name) values ($1, 'late')", [anna])
    const seen: number[] = []
    const results = await eraseSeveral(context, planned, {
      keepStatistics: false,
      onResult: ({ line }) => seen.push(line),
    })
    expect(results.map(({ outcome, refusal }) => [outcome, refusal?.code])).toEqual([
      ['failed', 'plan_stale'],
      ['done', undefined],
      ['partial', 'partial'],
    ])
    expect(seen).toEqual([1, 2, 3])
  })

  test('the id of the plan stands for everybody on the list, in whatever order, and for what they have', async () => {
    const [anna, ben] = [await person('anna'), await person('ben')]
    const { id } = await plan(anna, ben)
    expect((await plan(ben, anna)).id).toBe(id)
    expect((await plan(anna)).id).not.toBe(id)
    await database.query("insert into public.profiles (user_id, display_name) values ($1, 'new')", [anna])
    expect((await plan(anna, ben)).id).not.toBe(id)
  })

  test('interrupted, the same list goes on: who is done is known by the id, who was begun is gone on with', async () => {
    const [anna, ben, carla] = [await person('anna'), await person('ben'), await person('carla')]
    const { id } = await planErasure(context, anna)
    await eraseUser(context, anna, { plan: id, keepStatistics: false })
    const stop = new AbortController()
    const stopping: GdprContext = {
      ...context,
      signal: stop.signal,
      onProgress: ({ step }) => {
        if (step === 'sessions') stop.abort()
      },
    }
    const first = await plan(anna, ben, carla)
    expect(first.before).toMatchObject([{ line: 1, user: anna }])
    await expect(eraseSeveral(stopping, first, { keepStatistics: false })).rejects.toMatchObject({
      exitCode: 130,
      detail: expect.stringContaining('0 of 2 people'),
    })
    const [begun] = await readErasures(database)
    const second = await plan(anna, ben, carla)
    expect(second.people.map(({ resumes }) => resumes)).toEqual([begun?.erasure, null])
    const results = await eraseSeveral(context, second, { keepStatistics: false })
    expect(results.map(({ outcome }) => outcome)).toEqual(['done', 'done'])
    expect((await database.query('select from auth.users')).rows).toHaveLength(0)
  })

  test('what would happen to everybody ends it: a missing key is no refusal of one', async () => {
    const anna = await person('anna')
    const { id } = await planErasure(context, anna)
    await eraseUser(context, anna, { plan: id, keepStatistics: false })
    const ben = await person('ben')
    context = { ...context, keys: gdprKeysOf([newGdprSecret()]) }
    await expect(eraseSeveral(context, await plan(ben), { keepStatistics: false })).rejects.toMatchObject({
      code: 'gdpr_key_missing',
      exitCode: 2,
    })
  })
})
