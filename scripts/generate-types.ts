// Writes packages/core/src/database/types.ts: what `supabase gen types` says about a freshly migrated database. `--check` writes nothing
// and fails when the file is not current. Needs neither Docker nor an account: the database is an embedded one in a temporary folder.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
// Before the packages below, whose sources import .sql files.
import './text-files.mjs'

const run = promisify(execFile)
const require = createRequire(import.meta.url)
const root = fileURLToPath(new URL('..', import.meta.url))
const target = join(root, 'packages/core/src/database/types.ts')
const header = '// Made by `npm run types:generate` from supabase/migrations. Do not edit.\n\n'

/** Path of a program by its npm package's manifest, so that `npx` and a shell are not needed. */
async function program(manifest: string, name: string): Promise<string> {
  const { bin } = JSON.parse(await readFile(manifest, 'utf8')) as { bin: Record<string, string> }
  return join(manifest, '..', bin[name] ?? '')
}

/** The official generator's output for the exposed schema, as the migrations make it, in our format. */
async function generate(): Promise<string> {
  const { bootstrapDatabase, startPostgres } = await import('@journeys/stack')
  const { connect, migrateUp } = await import('@journeys/core/ops')
  const folder = await mkdtemp(join(tmpdir(), 'journeys-types-'))
  // Run by root, the server runs as another user and has to pass through.
  await chmod(folder, 0o711)
  const password = randomBytes(16).toString('hex')
  try {
    const server = await startPostgres({
      dataDir: join(folder, 'data'),
      password,
      logFile: join(folder, 'postgres.log'),
      settings: { fsync: 'off' },
    })
    try {
      const passwords = {
        postgres: password,
        authenticator: password,
        supabase_auth_admin: password,
        supabase_storage_admin: password,
      }
      await bootstrapDatabase(server.url('supabase_admin', password), passwords)
      const database = await connect(server.url('postgres', password))
      try {
        await migrateUp(database, join(root, 'supabase/migrations'))
      } finally {
        await database.end()
      }
      const url = new URL(server.url('postgres', password))
      // The password goes by the environment: arguments are visible to everyone on the machine.
      url.password = ''
      url.searchParams.set('sslmode', 'disable')
      const { stdout } = await run(
        process.execPath,
        [
          await program(require.resolve('supabase/package.json'), 'supabase'),
          'gen',
          'types',
          '--schema',
          'public',
          `--remote=${url}`,
        ],
        { cwd: folder, env: { ...process.env, PGPASSWORD: password, DO_NOT_TRACK: '1' }, maxBuffer: 16 * 1024 * 1024 },
      )
      return await format(header + stdout)
    } finally {
      await server.stop('immediate')
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function format(source: string): Promise<string> {
  const child = run(
    process.execPath,
    // biome.json leaves the generated file itself out, so this name is another one in the same folder.
    [
      await program(require.resolve('@biomejs/biome/package.json'), 'biome'),
      'format',
      '--stdin-file-path=packages/core/src/database/generated.ts',
    ],
    { cwd: root, maxBuffer: 16 * 1024 * 1024 },
  )
  child.child.stdin?.end(source)
  return (await child).stdout
}

const generated = await generate()
const name = relative(root, target)
if (process.argv.includes('--check')) {
  const current = await readFile(target, 'utf8').catch(() => '')
  if (current === generated) {
    console.error(`${name} is current.`)
  } else {
    console.error(`${name} is not what the migrations say. Run: npm run types:generate`)
    process.exitCode = 1
  }
} else {
  await writeFile(target, generated)
  console.error(`${name} written.`)
}
