import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { JourneysError } from '../errors.ts'
import { type LoadedConfig, loadConfig } from './load.ts'

let workdir: string
beforeEach(async () => {
  workdir = await mkdtemp(join(tmpdir(), 'journeys-config-'))
})
afterEach(() => rm(workdir, { recursive: true, force: true }))

async function load(personalData: unknown): Promise<LoadedConfig> {
  await writeFile(join(workdir, 'journeys.config.json'), JSON.stringify({ personalData }))
  return await loadConfig({ workdir, processEnv: {} })
}

async function problemsOf(columns: Record<string, unknown>): Promise<string> {
  const error = await load({ tables: { 'public.notes': columns } }).catch((reason: unknown) => reason)
  if (!(error instanceof JourneysError)) throw new Error(`not a JourneysError: ${error}`)
  expect(error).toMatchObject({ code: 'config_invalid', exitCode: 2 })
  return error.detail ?? ''
}

test('a decision is a word, or says what, why and how long', async () => {
  const columns = {
    id: 'erase',
    user_id: 'unlink',
    body: { strategy: 'overwrite', value: {} },
    key: { strategy: 'overwrite', random: 'uuid' },
    made_at: { strategy: 'overwrite', dayOf: 'day' },
    price: { strategy: 'keep', ground: 'accounting law', period: '10 years' },
    kind: { strategy: 'not-personal', reason: 'one of five words' },
    old: null,
  }
  const { config, origins } = await load({ tables: { 'public.notes': columns, 'public.gone': null } })
  expect(config.personalData.tables).toEqual({ 'public.notes': columns, 'public.gone': null })
  expect(origins['personalData.tables.public.notes.id']).toBe('file')
})

test('names of columns are no secrets, but a key in a value is', async () => {
  const { config } = await load({ tables: { 'auth.tokens': { recovery_token: 'erase', password: 'erase' } } })
  expect(config.personalData.tables['auth.tokens']).toEqual({ recovery_token: 'erase', password: 'erase' })
  expect(await problemsOf({ body: { strategy: 'overwrite', value: 'sb_secret_abcdefgh' } })).toContain('a secret')
})

test('keep without a ground or a period, and a reason that is none, are refused where they stand', async () => {
  expect(await problemsOf({ a: 'keep' })).toMatch(/^personalData\.tables\.public\.notes\.a: keep is written as \{/)
  expect(await problemsOf({ a: { strategy: 'keep', ground: 'accounting law' } })).toMatch(/look at period$/)
  expect(await problemsOf({ a: { strategy: 'keep', ground: 'x', period: '10 years' } })).toContain(
    'the legal ground in words',
  )
  expect(await problemsOf({ a: { strategy: 'keep', ground: 'accounting law', period: 'long' } })).toContain('30 days')
  expect(await problemsOf({ a: { strategy: 'not-personal', reason: 'no' } })).toContain('the reason in words')
  expect(await problemsOf({ a: { strategy: 'not-personal', reason: 'it counts clicks', why: 1 } })).toContain(
    'a.why: unknown key; one of: strategy, reason',
  )
})

test('a strategy that there is not is answered with the one that was meant', async () => {
  expect(await problemsOf({ a: 'eraze' })).toContain('"eraze"; did you mean erase?')
  expect(await problemsOf({ a: { strategy: 'unlink' } })).toContain('written as a word alone')
  expect(await problemsOf({ a: { strategy: 'overwrite', value: 1, random: 'uuid' } })).toContain(
    'one of value, random and dayOf',
  )
  expect(await problemsOf({ a: 7 })).toContain('is no decision')
})

test('a table is named with its schema, a step in lower case', async () => {
  const error = await load({
    tables: { notes: {} },
    byHand: { 'The CRM': { title: 'CRM', do: 'delete the contact' } },
  }).catch((reason: JourneysError) => reason)
  expect(String((error as JourneysError).detail)).toContain('with its schema')
  expect(String((error as JourneysError).detail)).toContain('in lower case')
})
