import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { JourneysError } from '@journeys/core/ops'
import type { K6 } from '../../k6/find-k6.ts'
import { removeLeftoverFolders } from '../../leftover-folders.ts'
import type { Engine, EngineOutcome, EngineRun } from '../engine.ts'
import { bundleScript } from './bundle.ts'
import { runK6 } from './k6-process.ts'
import { SampleReader } from './samples.ts'
import type { ScriptInput } from './script-input.ts'

const folderPrefix = 'journeys-k6-'

/** The real k6, with the same scenarios and the same clock as the built-in engine. */
export function k6Engine(k6: K6): Engine {
  return {
    name: 'k6',
    version: k6.version,
    async run(run) {
      await removeLeftoverFolders(os.tmpdir(), folderPrefix)
      // mkdtemp makes it 0700: the users' tokens are in it.
      const folder = await mkdtemp(path.join(os.tmpdir(), `${folderPrefix}${process.pid}-`))
      try {
        await writeInput(folder, run)
        const samples = new SampleReader(run.recorder)
        const { exitCode, messages } = await runK6({
          k6: k6.path,
          folder,
          users: run.plan.users,
          signal: run.signal,
          onSamples: (text) => samples.write(text),
        })
        if (!run.signal.aborted && exitCode !== 0) throw k6Failed(exitCode, messages)
        return { warnings: run.signal.aborted ? [] : await lostSamples(folder, samples.requests) }
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    },
  } satisfies Engine
}

async function writeInput(folder: string, { plan, url, anonKey, users }: EngineRun): Promise<void> {
  const { stages, round, thinkTime, requestTimeoutMs } = plan
  const input: ScriptInput = { stages, round, thinkTime, requestTimeoutMs, url, anonKey }
  const secret = { mode: 0o600 }
  await Promise.all([
    writeFile(path.join(folder, 'script.js'), await bundleScript()),
    // An empty configuration of our own: the one in the user's home must not change the test.
    writeFile(path.join(folder, 'config.json'), '{}'),
    writeFile(path.join(folder, 'input.json'), JSON.stringify(input), secret),
    writeFile(path.join(folder, 'users.json'), JSON.stringify(users), secret),
  ])
}

/** k6 counted the requests too: a difference means that figures are missing. */
async function lostSamples(folder: string, read: number): Promise<EngineOutcome['warnings']> {
  const summary = JSON.parse(await readFile(path.join(folder, 'summary.json'), 'utf8'))
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
