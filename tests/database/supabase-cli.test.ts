import { execFile } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { connect, migrateUp, migrationStatus } from '@journeys/core/ops'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { migrationsFolder } from '../support/migrate.ts'

const run = promisify(execFile)
const require = createRequire(import.meta.url)
const supabaseFolder = join(migrationsFolder, '..')
let project: string
let pushed: TestDatabase
let ours: TestDatabase

/** The Supabase CLI of node_modules. The password goes by the environment, as arguments are visible to everyone. */
async function supabase(database: TestDatabase, ...args: string[]): Promise<string> {
  const manifest = require.resolve('supabase/package.json')
  const { bin } = JSON.parse(await readFile(manifest, 'utf8')) as { bin: { supabase: string } }
  const url = new URL(database.url)
  const env = { ...process.env, PGPASSWORD: url.password, DO_NOT_TRACK: '1' }
  url.password = ''
  url.searchParams.set('sslmode', 'disable')
  const all = [join(manifest, '..', bin.supabase), ...args, '--workdir', project, `--remote=${url}`]
  const { stdout, stderr } = await run(process.execPath, all, { cwd: project, env })
  return stdout + stderr
}

beforeAll(async () => {
  // The CLI leaves files beside the config; they stay out of the repository.
  project = await mkdtemp(join(tmpdir(), 'journeys-cli-'))
  await cp(supabaseFolder, join(project, 'supabase'), { recursive: true })
  pushed = await createTestDatabase({ migrated: false })
  ours = await createTestDatabase({ migrated: false })
})
afterAll(async () => {
  await pushed?.drop()
  await ours?.drop()
  await rm(project, { recursive: true, force: true })
})

/** Everything that migrations make: tables, columns, constraints, indexes, policies, functions, triggers, grants, settings. */
const CATALOG = `
  with ours as (select oid from pg_namespace where nspname in ('public', 'private', 'partitions'))
  select 'schema ' || nspname as what, coalesce(nspacl::text, '') as how from pg_namespace where oid in (select oid from ours)
  union all
  select 'relation ' || c.oid::regclass, concat_ws(' ', c.relkind, c.relpersistence, c.relrowsecurity, c.relacl, c.reloptions,
    pg_get_expr(c.relpartbound, c.oid), pg_get_userbyid(c.relowner))
  from pg_class c where relnamespace in (select oid from ours)
  union all
  select 'column ' || a.attrelid::regclass || '.' || a.attname, concat_ws(' ', a.attnum, format_type(a.atttypid, a.atttypmod),
    a.attnotnull, a.attidentity, a.attacl, pg_get_expr(d.adbin, d.adrelid), col_description(a.attrelid, a.attnum))
  from pg_attribute a join pg_class c on c.oid = a.attrelid left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where c.relnamespace in (select oid from ours) and a.attnum > 0
  union all
  select 'constraint ' || conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
  from pg_constraint where connamespace in (select oid from ours)
  union all
  select 'index ' || indexrelid::regclass, pg_get_indexdef(indexrelid)
  from pg_index join pg_class c on c.oid = indexrelid where c.relnamespace in (select oid from ours)
  union all
  select 'policy ' || schemaname || '.' || tablename || '.' || policyname, concat_ws(' ', permissive, roles, cmd, qual, with_check)
  from pg_policies where schemaname in ('public', 'private', 'partitions', 'storage')
  union all
  select 'bucket ' || id, concat_ws(' ', public, file_size_limit, allowed_mime_types) from storage.buckets
  union all
  select 'function ' || p.oid::regprocedure, pg_get_functiondef(p.oid) || coalesce(p.proacl::text, '') || pg_get_userbyid(p.proowner)
  from pg_proc p where pronamespace in (select oid from ours)
  union all
  select 'trigger ' || tgrelid::regclass || '.' || tgname, pg_get_triggerdef(t.oid) || tgenabled::text
  from pg_trigger t join pg_class c on c.oid = tgrelid where c.relnamespace in (select oid from ours) and not tgisinternal
  union all
  select 'history ' || version, name from supabase_migrations.schema_migrations
  order by 1, 2`

async function catalog(database: TestDatabase): Promise<string[]> {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  try {
    const { rows } = await client.query<{ what: string; how: string }>(CATALOG)
    return rows.map(({ what, how }) => `${what}: ${how}`)
  } finally {
    await client.end()
  }
}

describe('the Supabase CLI', () => {
  it('pushes the migrations to an empty hosted database, and gets the same as journeys migrate up', async () => {
    const said = await supabase(pushed, 'db', 'push', '--yes')
    for (const file of await readdir(migrationsFolder)) expect(said).toContain(file)

    const database = await connect(ours.url)
    try {
      await migrateUp(database, migrationsFolder)
    } finally {
      await database.end()
    }
    const expected = await catalog(ours)
    expect(expected.length).toBeGreaterThan(300)
    expect(await catalog(pushed)).toEqual(expected)
  })

  it('and journeys see each other in the history', async () => {
    const versions = (await readdir(migrationsFolder)).map((file) => file.split('_')[0])
    const listed = await supabase(ours, 'migration', 'list')
    for (const version of versions)
      expect(listed.split('\n').find((line) => line.includes(`${version}`))).toMatch(
        new RegExp(`${version}.*${version}`),
      )
    const database = await connect(pushed.url)
    try {
      const status = await migrationStatus(database, migrationsFolder)
      expect(status.applied.map(({ version }) => version)).toEqual(versions)
      expect([status.pending, status.unknown]).toEqual([[], []])
    } finally {
      await database.end()
    }
  })

  it('finds nothing left to push, takes the config without a warning, and can seed', async () => {
    const said = await supabase(pushed, 'db', 'push', '--yes', '--include-seed')
    expect(said).toContain('supabase/seed.sql')
    expect(said).not.toMatch(/warn/i)
    const client = new pg.Client({ connectionString: pushed.url })
    await client.connect()
    try {
      expect((await client.query('select count(*)::int as people from public.profiles')).rows).toEqual([{ people: 12 }])
    } finally {
      await client.end()
    }
  })

  it('has no warning about security or performance', async () => {
    expect(await supabase(pushed, 'db', 'advisors', '--fail-on', 'warn')).toContain('No issues found')
  })
})
