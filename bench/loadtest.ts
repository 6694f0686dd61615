import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { defaultConfig } from '@journeys/core/ops'
import { findK6, planLoad } from '@journeys/loadtest'
import type { StackState } from '@journeys/stack'
import { bundleScript } from '../packages/loadtest/src/engines/k6/bundle.ts'
import { scriptInput } from '../packages/loadtest/src/engines/k6/script-input.ts'
import type { LoadTestResult } from '../packages/loadtest/src/result.ts'
import { appScenarios } from '../packages/loadtest/src/scenarios/index.ts'
import { databaseUsers } from '../packages/loadtest/src/users/database-users.ts'
import { median, type Result, timed } from './measurement.ts'
import type { BenchContext } from './run.ts'
import { withSeededStack } from './stack.ts'

const run = promisify(execFile)
const rounds = 3
const load = ['--users', '200', '--duration', '40s']

interface Played {
  readonly ms: number
  readonly requests: number
}

/** What `journeys loadtest` costs beside the k6 that it runs, and whether its two engines see the same server. */
export async function loadtest(context: BenchContext): Promise<Result[]> {
  const k6 = await findK6(process.env)
  if (!k6) return [{ name: 'journeys loadtest / bare k6', skipped: 'k6 was not found (journeys k6 install)' }]
  return withSeededStack(context, async (stack) => {
    const bare: Played[] = []
    const ours: (Played & { result: LoadTestResult })[] = []
    for (let round = 0; round < rounds; round++) {
      bare.push(await bareK6(k6.path, stack, context))
      ours.push(await journeys(stack, context, ['--engine', 'k6', ...load]))
    }
    const wall = [median(ours.map(({ ms }) => ms)), median(bare.map(({ ms }) => ms))] as const
    const made = [median(ours.map(({ requests }) => requests)), median(bare.map(({ requests }) => requests))] as const
    return [
      {
        name: 'journeys loadtest / bare k6, wall time',
        detail: `${seconds(wall[0])} / ${seconds(wall[1])}`,
        ratio: wall[0] / wall[1],
        goal: { atMost: 1.05 },
      },
      {
        name: 'journeys loadtest / bare k6, requests',
        detail: `${made[0]} / ${made[1]}`,
        ratio: made[0] / made[1],
        goal: { atLeast: 0.98 },
      },
      ...(await engines(stack, context)),
    ]
  })
}

/** The two engines in turn on one server, as the generator shares the machine with it. */
async function engines(stack: StackState, context: BenchContext): Promise<Result[]> {
  const results: Result[] = []
  for (const users of [100, 500, 1000]) {
    const flags = (engine: string) => ['--engine', engine, '--users', String(users), '--duration', '25s']
    const builtin: LoadTestResult[] = []
    const k6: LoadTestResult[] = []
    for (let round = 0; round < rounds; round++) {
      builtin.push((await journeys(stack, context, flags('builtin'))).result)
      k6.push((await journeys(stack, context, flags('k6'))).result)
    }
    for (const [name, figure] of figures) {
      const [a, b] = [
        median(k6.map(({ total }) => total[figure] ?? 0)),
        median(builtin.map(({ total }) => total[figure] ?? 0)),
      ]
      results.push({
        name: `k6 / built-in engine, ${name}, ${users} users`,
        detail: `${a.toFixed(1)} / ${b.toFixed(1)}`,
        ratio: a / b,
        goal: { atMost: figure === 'rate' ? 1.05 : 1.2 },
      })
    }
    if (users < 1000) continue
    const cores = median(builtin.map(({ generator }) => generator.cpuCores?.mean ?? Number.NaN))
    const rate = median(builtin.map(({ total }) => total.rate))
    results.push({
      name: `built-in engine, share of a core for ${users} users`,
      detail: `${cores.toFixed(2)} cores at ${rate.toFixed(0)} req/s`,
      ratio: cores,
      goal: { atMost: 0.6 },
    })
  }
  return results
}

const figures = [
  ['p50', 'p50'],
  ['p95', 'p95'],
  ['throughput', 'rate'],
] as const

/** The command as it is typed, on a stack that is already up. */
async function journeys(
  stack: StackState,
  { folder }: BenchContext,
  flags: readonly string[],
): Promise<Played & { result: LoadTestResult }> {
  const command = [
    'packages/cli/bin/journeys.js',
    '--workdir',
    stack.workdir,
    'loadtest',
    '--json',
    '--quiet',
    ...flags,
  ]
  let stdout = ''
  const ms = await timed(async () => {
    stdout = await run(process.execPath, [...command, '--report-folder', folder], { maxBuffer: 2 ** 26 }).then(
      (done) => done.stdout,
      // A threshold that was not met is a result, too.
      (failed: { stdout?: string }) => failed.stdout ?? '',
    )
  })
  const { result, error } = JSON.parse(stdout)
  if (!result) throw new Error(`journeys loadtest did not run: ${error?.message}`)
  return { ms, requests: result.total.whole.requests, result }
}

/** `k6 run` of the same bundle for the same users, who are there already. */
async function bareK6(k6: string, stack: StackState, { folder }: BenchContext): Promise<Played> {
  const plan = planLoad({ profile: 'load', config: defaultConfig().loadtest, users: 200, duration: '40s' })
  const target = {
    name: 'local',
    production: false,
    isLocal: true,
    supabaseUrl: stack.apiUrl,
    anonKey: stack.anonKey,
    jwtSecret: stack.jwtSecret,
    databaseUrl: stack.databaseUrl,
  }
  const source = await databaseUsers(target, stack.databaseUrl)
  const id = `bench-${Date.now()}`
  const script = await mkdtemp(join(folder, 'bare-'))
  try {
    const users = await source.make({
      run: id,
      count: plan.users,
      lifetimeMs: 600_000,
      keep: false,
      signal: new AbortController().signal,
    })
    const summaryFile = join(script, 'summary.json')
    const input = scriptInput(plan, { url: stack.apiUrl, anonKey: stack.anonKey, summaryFile })
    await writeFile(join(script, 'script.js'), await bundleScript(appScenarios))
    await writeFile(join(script, 'input.json'), JSON.stringify(input), { mode: 0o600 })
    await writeFile(join(script, 'users.json'), JSON.stringify(users), { mode: 0o600 })
    const flags = ['run', '--quiet', '--no-usage-report', '--address', '']
    const ms = await timed(() => run(k6, [...flags, 'script.js'], { cwd: script, maxBuffer: 2 ** 26 }))
    const summary = JSON.parse(await readFile(summaryFile, 'utf8'))
    return { ms, requests: summary.metrics.http_reqs.values.count }
  } finally {
    await source.remove(id)
    await source.close()
    await rm(script, { recursive: true, force: true })
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
