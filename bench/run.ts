// `npm run bench [-- name...]`: every performance target, as ratios measured in one run. Needs a quiet machine; not part of the tests.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { batch } from './batch.ts'
import { cache } from './cache.ts'
import { erasure } from './erasure.ts'
import { exported } from './export.ts'
import { gateway } from './gateway.ts'
import { loadtest } from './loadtest.ts'
import { isMet, type Result } from './measurement.ts'
import { read } from './read.ts'
import { retention } from './retention.ts'
import { start } from './start.ts'
import { version } from './version.ts'

/** Shared by the benches: a folder that is removed at the end. */
export interface BenchContext {
  folder: string
}

const benches: Record<string, (context: BenchContext) => Promise<Result | Result[]>> = {
  version,
  cache,
  start,
  gateway,
  read,
  batch,
  loadtest,
  export: exported,
  // In this order: the second leaves half of what the first needs.
  erasure,
  retention,
}

function line(result: Result): string {
  if ('skipped' in result) return `  -       ${result.name}: not measured, ${result.skipped}`
  const { name, ratio, goal, detail } = result
  const target = goal === undefined ? '' : 'atLeast' in goal ? `, goal >= ${goal.atLeast}` : `, goal <= ${goal.atMost}`
  return `  ${isMet(result) ? 'ok    ' : 'MISSED'}  ${name}: ${ratio.toFixed(2)} (${detail}${target})`
}

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !(name in benches))
if (unknown.length > 0) {
  console.error(`unknown bench ${unknown.join(', ')}; one of: ${Object.keys(benches).join(', ')}`)
  process.exit(2)
}

const folder = await mkdtemp(join(tmpdir(), 'journeys-bench-'))
let missed = 0
try {
  for (const [name, bench] of Object.entries(benches)) {
    if (asked.length > 0 && !asked.includes(name)) continue
    for (const result of [await bench({ folder })].flat()) {
      console.log(line(result))
      if (!('skipped' in result) && !isMet(result)) missed++
    }
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
process.exitCode = missed > 0 ? 1 : 0
