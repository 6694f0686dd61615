// Runs every load-test profile on the local stack and keeps what it printed and its report as documentation:
//
//   npx tsx scripts/loadtest-examples.ts                  all of them, about 15 minutes on a quiet machine
//   npx tsx scripts/loadtest-examples.ts stress recovery
//
// docs/examples/loadtest/<profile>.txt and .html; pictures come from scripts/screenshots.ts.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const target = 'docs/examples/loadtest'
/** A soak of half an hour shows no more in an example than one of ten minutes. */
const flags: Readonly<Record<string, readonly string[]>> = {
  smoke: [],
  load: [],
  spike: [],
  stress: [],
  recovery: [],
  soak: ['--duration', '11m'],
}

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !(name in flags))
if (unknown.length > 0) throw new Error(`unknown ${unknown.join(', ')}; one of: ${Object.keys(flags).join(', ')}`)

await mkdir(target, { recursive: true })
for (const [profile, more] of Object.entries(flags)) {
  if (asked.length > 0 && !asked.includes(profile)) continue
  const folder = await mkdtemp(join(tmpdir(), 'journeys-examples-'))
  try {
    const words = ['loadtest', '--profile', profile, ...more]
    const command = [...words, '--report-folder', folder]
    const done = await run(process.execPath, ['packages/cli/bin/journeys.js', ...command], {
      env: { ...process.env, COLUMNS: '80' },
    }).then(
      ({ stdout }) => ({ stdout, code: 0 }),
      (failed: { stdout: string; code: number }) => failed,
    )
    // Where it was run is nobody's business; a server that is down names its socket in its answers.
    const portable = (text: string) => text.replaceAll(folder, '.journeys/reports').replaceAll(process.cwd(), '.')
    await writeFile(
      join(target, `${profile}.txt`),
      `$ journeys ${words.join(' ')}\n${portable(done.stdout)}\nexit code ${done.code}\n`,
    )
    const report = (await readdir(folder)).find((name) => name.endsWith('.html'))
    if (!report) throw new Error(`${profile} wrote no report:\n${done.stdout}`)
    await writeFile(join(target, `${profile}.html`), portable(await readFile(join(folder, report), 'utf8')))
    console.log(`${profile}: exit code ${done.code}`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
