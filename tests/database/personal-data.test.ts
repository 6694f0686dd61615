import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Config,
  connect,
  type Database,
  defaultConfig,
  eraseUser,
  findCoverage,
  gdprKeysOf,
  loadConfig,
  newGdprSecret,
  planErasure,
} from '@journeys/core/ops'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hostedTables } from '../../packages/core/src/config/personal-data-hosted.ts'
import { createTestDatabase, createUser, type TestDatabase } from '../support/database.ts'

let migrated: TestDatabase
let database: Database
let config: Config
beforeAll(async () => {
  migrated = await createTestDatabase()
  database = await connect(migrated.url)
  config = (await loadConfig({ workdir: join(import.meta.dirname, '..', '..'), processEnv: {} })).config
})
afterAll(async () => {
  await database?.end()
  await migrated?.drop()
})

describe('the personal-data map', () => {
  // It fails when a migration adds a column: npx journeys gdpr coverage says what to write into journeys.config.json.
  test('decides about every column that may be about a person, after all migrations', async () => {
    const { findings } = await findCoverage(database, config.personalData)
    expect(findings.map(({ kind, summary, why }) => `${kind}: ${summary} (${why})`)).toEqual([])
  })

  test('knows what there is to know: the app, the account, and what belongs to both', async () => {
    const { tables } = await findCoverage(database, config.personalData)
    const named = new Map(tables.map((table) => [table.table, table]))
    for (const table of [
      'public.journal_entries',
      'public.purchases',
      'private.audit_log',
      'auth.users',
      'auth.refresh_tokens',
    ]) {
      expect(named.get(table)?.reachedBy, table).toBeTypeOf('string')
    }
    expect(named.get('auth.mfa_amr_claims')?.reachedBy).toBe('session_id → auth.sessions, there user_id → auth.users')
    expect([...named.keys()].filter((table) => table.startsWith('partitions.'))).toEqual([])
    expect(named.has('private.plans')).toBe(false)
  })

  test('leaves no text of the journal and no link to its writer', async () => {
    const { tables } = await findCoverage(database, config.personalData)
    const journal = tables.find(({ table }) => table === 'public.journal_entries')
    const decided = Object.fromEntries(journal?.columns.map(({ name, decision }) => [name, decision?.strategy]) ?? [])
    expect(decided).toMatchObject({ reflection: 'overwrite', scores: 'overwrite', id: 'overwrite', user_id: 'unlink' })
  })

  test('a migration that adds a table with a user column is found: by its foreign key, and without one', async () => {
    await database.query(`
      create table public.letters (id int primary key, writer uuid references auth.users (id), body text);
      create table public.stamps (letter int references public.letters (id), colour text);
      create table public.drafts (id int, owner_id text, body text)`)
    try {
      const { findings } = await findCoverage(database, config.personalData)
      expect(findings.map(({ kind, table, why }) => [kind, table, why])).toEqual([
        ['undecided', 'public.drafts', 'owner_id is named like a person'],
        ['undecided', 'public.letters', 'writer → auth.users'],
        ['undecided', 'public.stamps', 'letter → public.letters, there writer → auth.users'],
      ])
      const tables = Object.assign({}, ...findings.map(({ add }) => add))
      expect((await findCoverage(database, { ...config.personalData, tables })).findings).toEqual([])
    } finally {
      await database.query('drop table public.stamps, public.letters, public.drafts')
    }
  })

  test('a column that a migration adds to a known table is found, in every one of them', async () => {
    const { tables } = await findCoverage(database, config.personalData)
    const own = tables.filter(({ table }) => /^(public|private)\./.test(table)).map(({ table }) => table)
    expect(own.length).toBeGreaterThan(5)
    await database.query(own.map((table) => `alter table ${table} add column added_later text`).join(';'))
    try {
      const { findings } = await findCoverage(database, config.personalData)
      expect(findings.map(({ table, columns }) => [table, columns])).toEqual(
        own.map((table) => [table, ['added_later']]),
      )
    } finally {
      await database.query(own.map((table) => `alter table ${table} drop column added_later`).join(';'))
    }
  })

  test('covers the storage of a hosted project, which a folder names after its person', async () => {
    const storage = ['bucket_id', 'name', 'owner', 'owner_id', 'metadata', 'path_tokens', 'user_metadata']
    for (const column of storage) expect(hostedTables['storage.objects']?.[column], column).toBe('erase')
    for (const column of ['owner', 'owner_id']) expect(hostedTables['storage.buckets']?.[column], column).toBe('unlink')
  })

  test('a month of the journal on its way out is erased, not forgotten', async () => {
    const [month] = (
      await database.query<{ name: string }>(
        'select partition_name as name from private.journal_partitions() order by lower_bound limit 1',
      )
    ).rows
    await database.query(`alter table public.journal_entries detach partition partitions.${month?.name}`)
    const { tables, findings } = await findCoverage(database, config.personalData)
    expect(findings).toEqual([])
    const detached = tables.find(({ table }) => table === `partitions.${month?.name}`)
    expect(new Set(detached?.columns.map(({ decision }) => decision?.strategy))).toEqual(new Set(['erase']))
  })

  test('is what an erasure really does, column by column', async () => {
    const user = await createUser(migrated)
    await database.query(
      `insert into public.profiles (user_id, display_name, bio) values ('${user}', 'Anna', 'a bio');
       insert into public.user_addictions (user_id, kind, quit_on) values ('${user}', 'tobacco', '2026-01-01');
       insert into public.journal_entries (user_id, reflection, scores) values ('${user}', 'a phrase', '{"mood": 3}');
       insert into public.purchases (user_id, plan, amount_cents, currency, idempotency_key, period_start)
         values ('${user}', 'lifetime', 9999, 'EUR', 'from-her-phone', now());
       insert into public.performance_metrics (user_id, name, value, unit) values ('${user}', 'page.load', 3, 'ms');
       insert into private.rate_limits (user_id, window_start, writes) values ('${user}', now(), 1);
       insert into auth.sessions (id, user_id) values (gen_random_uuid(), '${user}')`,
    )
    // In the schemas of the app: auth goes as a whole, with the account.
    const { tables } = await findCoverage(database, config.personalData)
    const own = tables.filter(({ table }) => /^public\.|^private\.rate_limits/.test(table))
    const rowsOf = async (table: string) => (await database.query(`select to_jsonb(t) as row from ${table} t`)).rows
    const before = new Map<string, Record<string, unknown>>()
    for (const { table } of own) {
      const { rows } = await database.query<{ row: Record<string, unknown> }>(
        `select to_jsonb(t) as row from ${table} t where t.user_id = $1`,
        [user],
      )
      expect(rows, table).toHaveLength(1)
      before.set(table, rows[0]?.row ?? {})
    }
    const folder = await mkdtemp(join(tmpdir(), 'journeys-receipts-'))
    const context = {
      ...{ database, config, folder, actor: 'test', environment: { name: 'local' } },
      keys: gdprKeysOf([newGdprSecret()]),
    }
    const plan = await planErasure(context, user)
    expect(await eraseUser(context, user, { plan: plan.id, keepStatistics: false })).toMatchObject({ outcome: 'done' })
    await rm(folder, { recursive: true })
    for (const { table, columns } of own) {
      const rows = (await rowsOf(table)) as { row: Record<string, unknown> }[]
      if (columns.some(({ decision }) => decision?.strategy === 'erase')) {
        expect(rows, table).toEqual([])
        continue
      }
      expect(rows, table).toHaveLength(1)
      for (const { name, decision } of columns) {
        const [was, is] = [before.get(table)?.[name], rows[0]?.row[name]]
        const told = `${table}.${name}: ${decision?.strategy}`
        if (decision?.strategy === 'unlink') expect(is, told).toBeNull()
        if (decision?.strategy === 'keep' || decision?.strategy === 'not-personal') expect(is, told).toEqual(was)
        if (decision?.strategy !== 'overwrite') continue
        expect(is, told).not.toEqual(was)
        if ('value' in decision) expect(is, told).toEqual(decision.value)
        else if ('random' in decision) expect(is, told).toMatch(/^[0-9a-f-]{36}$/)
        else expect(is, told).toBe(`${rows[0]?.row[decision.dayOf ?? '']}T00:00:00+00:00`)
      }
    }
    for (const { table } of tables.filter((one) => /^auth\./.test(one.table))) {
      const rows = (await rowsOf(table)).map(({ row }) => JSON.stringify(row))
      expect(
        rows.filter((row) => row.includes(user)),
        table,
      ).toEqual([])
    }
  })

  test('says what remains for a person to do', async () => {
    const { byHand } = await findCoverage(database, defaultConfig().personalData)
    expect(byHand.map(({ id }) => id)).toEqual(['backups', 'logs', 'payment-provider', 'mail-provider', 'devices'])
  })
})
