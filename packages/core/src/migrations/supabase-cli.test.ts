import { execFile } from 'node:child_process'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../../tests/support/database.ts'
import { connect } from '../database/connection.ts'
import { migrationStatus } from './status.ts'
import { migrateUp } from './up.ts'

const root = join(import.meta.dirname, '../../../..')
let project: string
let pushed: TestDatabase
let migrated: TestDatabase
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'journeys-supabase-cli-'))
  await cp(join(root, 'supabase'), join(project, 'supabase'), { recursive: true })
  const odd: Record<string, string> = {
    odd: "-- é\nselect E'a\\';b'; -- after\n/* /* x */ */ create function public.f() returns int begin atomic select 1; select 2; end;;\nselect 1 as a$b$;\n-- end\n",
    wrapped: 'begin;\nselect 1;\ncommit;\n',
    empty: '-- nothing\n',
  }
  for (const [index, [name, sql]] of Object.entries(odd).entries()) {
    await writeFile(join(project, 'supabase', 'migrations', `2999010100000${index}_${name}.sql`), sql)
  }
  pushed = await createTestDatabase({ migrated: false })
  migrated = await createTestDatabase({ migrated: false })
})
afterAll(async () => {
  await pushed?.drop()
  await migrated?.drop()
  await rm(project, { recursive: true, force: true })
})

/** The real Supabase CLI, in a home of its own. */
async function supabase(...parameters: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(join(root, 'node_modules/.bin/supabase'), parameters, {
    cwd: project,
    env: { ...process.env, HOME: project, SUPABASE_TELEMETRY_DISABLED: '1' },
    timeout: 50_000,
  })
  return stdout
}

const folder = () => join(project, 'supabase', 'migrations')
async function history(target: TestDatabase) {
  const database = await connect(target.url)
  const { rows } = await database.query(
    'select version, name, statements from supabase_migrations.schema_migrations order by version',
  )
  await database.end()
  return rows
}

test('supabase db push accepts the migrations unchanged, and its history is the one that migrate up writes', async () => {
  await supabase('db', 'push', `--remote=${pushed.url}?sslmode=disable`, '--yes')
  const database = await connect(migrated.url)
  await migrateUp(database, folder())
  await database.end()
  expect(await history(migrated)).toEqual(await history(pushed))
})

test('each goes on from what the other applied', async () => {
  const database = await connect(pushed.url)
  expect(await migrationStatus(database, folder())).toMatchObject({ pending: [], unknown: [], problems: [] })
  await database.end()
  await supabase('db', 'push', `--remote=${migrated.url}?sslmode=disable`, '--yes')
  expect(await supabase('migration', 'list', `--remote=${migrated.url}?sslmode=disable`)).toContain('29990101000002')
})
