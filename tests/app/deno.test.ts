import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bundleForBrowser } from '../browser/bundle.ts'
import { createTestStack, type TestStack } from '../support/stack.ts'
import { createPerson } from './person.ts'

const require = createRequire(import.meta.url)

let stack: TestStack
let folder: string
beforeAll(async () => {
  stack = await createTestStack()
  folder = await mkdtemp(join(tmpdir(), 'journeys-deno-'))
})
afterAll(async () => {
  await stack?.stop()
  await rm(folder, { recursive: true, force: true })
})

/** What an Edge Function does: on behalf of its caller, with the caller's token; and once as somebody who signs in. */
const program = `
import { createJourneys } from './journeys.js'

const { url, anonKey, email, password, accessToken } = JSON.parse(await new Response(Deno.stdin.readable).text())
const edge = createJourneys({ url, anonKey, accessToken })
const written = await edge.journal.add({ reflection: 'from an Edge Function', scores: { mood: 6 } })

const app = createJourneys({ url, anonKey, client: { auth: { persistSession: false, autoRefreshToken: false } } })
const { error } = await app.supabase.auth.signInWithPassword({ email, password })
if (error !== null) throw error
const { saved } = await app.saveBatchEntries([{ reflection: 'signed in' }])
const { entries } = await app.journal.list()
console.log(JSON.stringify({ deno: Deno.version.deno, written, saved: saved.length, listed: entries.length }))
`

it('the app side runs in the real Deno, as an Edge Function imports it', async ({ skip }) => {
  const deno = findDeno()
  if (deno === undefined) return skip('Deno is not installed; npm install brings it')
  await writeFile(
    join(folder, 'journeys.js'),
    (await bundleForBrowser(`export * from './packages/core/src/index.ts'`)).code,
  )
  await writeFile(join(folder, 'function.js'), program)
  const { id, email, password, journeys } = await createPerson(stack)
  const { data } = await journeys.supabase.auth.getSession()
  const { hostname, port } = new URL(stack.url)
  const running = promisify(execFile)(
    process.execPath,
    [
      deno,
      'run',
      '--no-prompt',
      '--no-config',
      '--no-lock',
      '--no-remote',
      `--allow-net=${hostname}:${port}`,
      'function.js',
    ],
    {
      cwd: folder,
      timeout: 30_000,
      env: { PATH: process.env.PATH, DENO_DIR: join(folder, 'cache'), DENO_NO_UPDATE_CHECK: '1' },
    },
  )
  // Over stdin: what is in argv or in the environment can be read by others.
  const accessToken = data.session?.access_token
  running.child.stdin?.end(JSON.stringify({ url: stack.url, anonKey: stack.anonKey, email, password, accessToken }))
  const { stdout } = await running
  expect(JSON.parse(stdout)).toMatchObject({
    deno: expect.stringMatching(/^2\./),
    written: { reflection: 'from an Edge Function', scores: { mood: 6 } },
    saved: 1,
    listed: 2,
  })
  expect(id).toMatch(/^[0-9a-f-]{36}$/)
  expect((await journeys.journal.list()).entries).toHaveLength(2)
})

/** npm's `deno`: its launcher, which finds the binary of this platform. */
function findDeno(): string | undefined {
  try {
    const launcher = join(dirname(require.resolve('deno/package.json')), 'bin.cjs')
    return existsSync(launcher) ? launcher : undefined
  } catch {
    return undefined
  }
}
