import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { catalogue } from './catalogue.ts'
import { documentCli } from './documentation.ts'

const docs = join(import.meta.dirname, '..', '..', '..', 'docs')

test('docs/cli.md and docs/schemas say what the commands do now', async () => {
  const { markdown, schemas } = await documentCli()
  const page = await readFile(join(docs, 'cli.md'), 'utf8')
  expect(page, 'npm run build && npm run docs -w @journeys/cli').toContain(markdown)
  expect((await readdir(join(docs, 'schemas'))).sort()).toEqual(Object.keys(schemas).sort())
  for (const [name, schema] of Object.entries(schemas)) {
    expect(JSON.parse(await readFile(join(docs, 'schemas', name), 'utf8'))).toEqual(JSON.parse(JSON.stringify(schema)))
  }
})

test('every command has a description, an example that runs it, and help within 80 columns', async () => {
  const { markdown } = await documentCli()
  for (const entry of catalogue) {
    const { command } = await entry.load()
    expect(command.name).toBe(entry.name)
    expect(command.description).toMatch(/\.$/)
    expect(command.examples.length, entry.name).toBeGreaterThan(0)
    for (const { words } of command.examples) expect(words.startsWith(entry.name), words).toBe(true)
  }
  const wide = markdown.split('\n').filter((line) => line.length > 80 && !line.startsWith('`--json`'))
  expect(wide).toEqual([])
})
