import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Database, defaultConfig, type ExportContext } from '@journeys/core/ops'
import { parse } from 'csv-parse/sync'
import { expect } from 'vitest'
import { filesUnder } from './media.ts'
import type { TestStack } from './stack.ts'
import { checkSums, unzip } from './unzip.ts'

/** What an export works with, on a stack of the test's own. */
export function exportContext(
  stack: TestStack,
  database: Database,
  changes: Partial<ExportContext> = {},
): ExportContext {
  return {
    database,
    config: defaultConfig(),
    environment: { name: 'test' },
    storage: () => ({ url: stack.url, serviceRoleKey: stack.serviceRoleKey }),
    actor: 'dpo',
    ...changes,
  }
}

export interface OpenedExport {
  /** Where it was unpacked. */
  path: string
  text(name: string): Promise<string>
  /** Of the JSON file. */
  rows(table: string): Promise<Record<string, unknown>[]>
  csv(table: string): Promise<Record<string, string | null>[]>
}

/** Unpacks an export with programs that are not ours, and checks that every file is listed and as it was made. */
export async function openExport(file: string, into: string): Promise<OpenedExport> {
  const path = await unzip(file, into)
  const names = (await filesUnder(path)).map((one) => one.slice(path.length + 1))
  const listed = names.filter((name) => name !== 'SHA256SUMS').map((name) => `${name}: OK`)
  expect((await checkSums(path)).sort()).toEqual(listed.sort())
  const text = (name: string) => readFile(join(path, name), 'utf8')
  return {
    path,
    text,
    rows: async (table) => JSON.parse(await text(`data/${table}.json`)),
    csv: async (table) => parseCsv(await text(`data/${table}.csv`)),
  }
}

/** As a program would that knows what README.html says: no quotes, no value; one mark before a text is none of it. */
function parseCsv(text: string): Record<string, string | null>[] {
  return parse(text, {
    bom: true,
    columns: true,
    cast: (value, { quoting, header }) =>
      header ? value : quoting ? value.replace(/^'/, '') : value === '' ? null : value,
  })
}
