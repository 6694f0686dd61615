import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

const schemas = join(import.meta.dirname, '..', '..', '..', '..', 'docs', 'schemas')

/** Reads what `--json` printed and holds it against the JSON Schema in the docs that its own `schema` names. */
export async function parseDocument(stdout: string): Promise<Record<string, unknown>> {
  const document: Record<string, unknown> = JSON.parse(stdout)
  const name = /^journeys\/([a-z0-9-]+)\/1$/.exec(String(document.schema))?.[1]
  const schema = JSON.parse(await readFile(join(schemas, `${name}.json`), 'utf8'))
  z.fromJSONSchema(schema).parse(document)
  return document
}
