import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { configJsonSchema } from './json-schema.ts'
import { loadConfig } from './load.ts'

const root = join(import.meta.dirname, '../../../..')

// To bring it up to date: npx vitest run packages/core/src/config -u
test('the JSON Schema on disk, which editors use, is the one that the zod schema gives', async () => {
  const text = JSON.stringify(configJsonSchema(), undefined, 2)
  // Short lists on one line, as the formatter has them.
  const inline = text.replace(/\[\s+("[^"]*"(?:,\s+"[^"]*")*)\s+\]/g, (_, items: string) => {
    return `[${items.replace(/\s+/g, ' ')}]`
  })
  await expect(`${inline}\n`).toMatchFileSnapshot('./journeys.config.schema.json')
})

test("the repository's own journeys.config.json names that schema and loads", async () => {
  const file = JSON.parse(await readFile(join(root, 'journeys.config.json'), 'utf8'))
  expect(file.$schema).toBe('./packages/core/src/config/journeys.config.schema.json')
  const { config, environment } = await loadConfig({ workdir: root, processEnv: {} })
  expect(environment).toEqual({ name: 'local', production: false, isLocal: true })
  expect(config.slo.responseTimeP95Ms).toBe(200)
})
