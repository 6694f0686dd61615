import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { JourneysError } from '@journeys/core/ops'
import type { K6 } from '../../k6/find-k6.ts'
import { removeLeftoverFolders } from '../../leftover-folders.ts'
import type { Recorder } from '../../recorder/recorder.ts'
import type { GeneratorLoad } from '../../result.ts'
import { shareOf } from '../../segment.ts'
import { type ProcessUsage, type ProcessWatch, watchProcesses } from '../../usage/process-usage.ts'
import type { Engine, EngineRun } from '../engine.ts'
import { k6Saturation } from '../saturation.ts'
import { StartLag } from '../start-lag.ts'
import { bundleScript } from './bundle.ts'
import { checkK6Options } from './check-options.ts'
import { runK6 } from './k6-process.ts'
import { readLogMessage } from './log-message.ts'
import { SampleReader } from './samples.ts'
import { scriptInput } from './script-input.ts'

const folderPrefix = 'journeys-k6-'
const summaryName = 'summary.json'

/** The real k6, with the same scenarios and the same clock as the built-in engine. */
export function k6Engine(k6: K6): Engine {
  return {
    name: 'k6',
    version: k6.version,
    async run(run) {
      const options = run.k6 ?? {}
      checkK6Options(options)
      await removeLeftoverFolders(os.tmpdir(), folderPrefix)
      // mkdtemp makes it 0700: the users' tokens are in it.
      const folder = await mkdtemp(path.join(os.tmpdir(), `${folderPrefix}${process.pid}-`))
      const { plan, recorder, signal } = run
      const lags = new StartLag(recorder)
      const share = shareOf(options)
      const samples = new SampleReader({ plan, recorder, lags, share })
      const usage = new K6Usage()
      try {
        await writeInput(folder, run)
        const { exitCode, messages } = await runK6({
          k6: k6.path,
          folder,
          users: plan.users,
          options,
          signal,
          onStart: (pid) => usage.started(pid),
          onSamples(text) {
            samples.write(text)
            if (recorder.startedAt !== undefined) usage.watch()
          },
          onLog: (text) => tell(recorder, text),
        })
        if (!signal.aborted && exitCode !== 0) throw k6Failed(exitCode, messages)
        const warnings = signal.aborted ? [] : await lostSamples(folder, samples.requests)
        return { warnings, generator: generatorLoad(await usage.stop(), lags.p99()) }
      } finally {
        await usage.stop()
        await rm(folder, { recursive: true, force: true })
      }
    },
  } satisfies Engine
}

async function writeInput(folder: string, { plan, url, anonKey, users, scenarios }: EngineRun): Promise<void> {
  const input = scriptInput(plan, { url, anonKey, summaryFile: path.join(folder, summaryName) })
  const secret = { mode: 0o600 }
  await Promise.all([
    writeFile(path.join(folder, 'script.js'), await bundleScript(scenarios)),
    // An empty configuration of our own: the one in the user's home must not change the test.
    writeFile(path.join(folder, 'config.json'), '{}'),
    writeFile(path.join(folder, 'input.json'), JSON.stringify(input), secret),
    writeFile(path.join(folder, 'users.json'), JSON.stringify(users), secret),
  ])
}

/** What the script told through its log. */
function tell(recorder: Recorder, text: string): void {
  const message = readLogMessage(text)
  if (message?.kind === 'failure') {
    const { name, status, code, body } = message
    recorder.addFailureDetail({ name, status, code, body })
  } else if (message?.kind === 'write') {
    const { table, id, version, at } = message
    recorder.addWrite({ table, id, ...(version === undefined ? {} : { version }), at })
  }
}

/** What k6 uses while there is load: making a thousand users beforehand is work that no figure shows. */
class K6Usage {
  #pid: number | undefined
  #watch: ProcessWatch | undefined

  started(pid: number): void {
    this.#pid = pid
  }

  watch(): void {
    const pid = this.#pid
    if (pid !== undefined) this.#watch ??= watchProcesses(() => [{ name: 'k6', pid }])
  }

  async stop(): Promise<ProcessUsage | undefined> {
    return (await this.#watch?.stop())?.[0]
  }
}

function generatorLoad(usage: ProcessUsage | undefined, startLagMs: number | undefined): GeneratorLoad {
  const load: GeneratorLoad = {
    ...(usage?.cpuCores ? { cpuCores: usage.cpuCores } : {}),
    cores: os.availableParallelism(),
    ...(usage && usage.memoryPeakBytes > 0 ? { memoryPeakBytes: usage.memoryPeakBytes } : {}),
    ...(startLagMs === undefined ? {} : { startLagMs }),
  }
  const saturated = k6Saturation(load)
  return { ...load, ...(saturated === undefined ? {} : { saturated }) }
}

/** k6 counted the requests too: a difference means that figures are missing. */
async function lostSamples(folder: string, read: number): Promise<string[]> {
  const summary = JSON.parse(await readFile(path.join(folder, summaryName), 'utf8'))
  const counted: number = summary.metrics?.http_reqs?.values?.count ?? 0
  return counted === read ? [] : [`k6 made ${counted} requests, of which ${read} were measured`]
}

/** https://github.com/grafana/k6/blob/v1.8.1/errext/exitcodes/codes.go */
const meanings: Record<number, string> = {
  99: 'its thresholds failed',
  100: 'its setup timed out',
  101: 'its teardown timed out',
  102: 'it timed out',
  103: 'it could not start its REST API',
  104: 'its configuration is invalid',
  105: 'it was stopped from outside',
  107: 'the script raised an error',
  108: 'the script ended the test',
  109: 'it crashed',
}

function k6Failed(exitCode: number | null, messages: string[]): JourneysError {
  const meaning = exitCode === null ? 'it was killed' : (meanings[exitCode] ?? `exit code ${exitCode}`)
  return new JourneysError('k6_failed', `k6 ended before the load did: ${meaning}`, {
    detail: messages.slice(-5).join('\n') || undefined,
    hint: 'journeys loadtest --engine builtin runs the same load without k6',
  })
}
