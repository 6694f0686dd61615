// `node --import ./scripts/text-files.mjs`: lets scripts that run from source import .sql and .html files as text,
// as scripts/build.mjs and vitest.config.ts do.
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { register } from 'node:module'
import { isMainThread } from 'node:worker_threads'

export async function load(url, context, nextLoad) {
  if (!/\.(sql|html)$/.test(url)) return nextLoad(url, context)
  const text = await readFile(new URL(url), 'utf8')
  return { format: 'module', shortCircuit: true, source: `export default ${JSON.stringify(text)}` }
}

if (isMainThread) register(import.meta.url)

// What the bundler puts in by name.
globalThis.__JOURNEYS_VERSION__ = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version
