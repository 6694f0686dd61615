// Writes what docs/cli.md says between its markers, and docs/schemas/*.json, from the definitions of the commands.
// `--check` writes nothing and fails when something is not current. Needs a build: npm run build.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { documentCli } from '../dist/documentation.js'

const docs = join(import.meta.dirname, '..', '..', '..', 'docs')
const schemas = join(docs, 'schemas')
const check = process.argv.includes('--check')
const outdated = []

const begin = '<!-- commands: made by packages/cli/scripts/generate-docs.js -->'
const end = '<!-- /commands -->'

async function put(file, text) {
  const current = await readFile(file, 'utf8').catch(() => undefined)
  if (current === text) return
  outdated.push(file)
  if (!check) await writeFile(file, text)
}

await mkdir(schemas, { recursive: true })
const documentation = await documentCli()
const page = await readFile(join(docs, 'cli.md'), 'utf8')
const [before, rest] = page.split(begin)
const after = rest?.split(end)[1]
if (after === undefined) throw new Error(`docs/cli.md has no ${begin} … ${end}`)
await put(join(docs, 'cli.md'), `${before}${begin}\n\n${documentation.markdown}\n\n${end}${after}`)
for (const [name, schema] of Object.entries(documentation.schemas)) {
  await put(join(schemas, name), `${JSON.stringify(schema, undefined, 2)}\n`)
}
for (const name of await readdir(schemas)) {
  if (name in documentation.schemas) continue
  outdated.push(join(schemas, name))
  if (!check) await rm(join(schemas, name))
}
if (check && outdated.length > 0) {
  process.stderr.write(`not current: ${outdated.join(', ')}\nnpm run build && npm run docs -w @journeys/cli\n`)
  process.exitCode = 1
}
