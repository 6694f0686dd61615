import { randomUUID } from 'node:crypto'
import { completeConfig, configFileSchema } from '../../packages/core/src/config/schema.ts'
import { type Analysis, analyse, type Findings } from '../../packages/loadtest/src/analysis/analysis.ts'
import type { LoadWatch } from '../../packages/loadtest/src/analysis/load-watch.ts'
import { builtinEngine } from '../../packages/loadtest/src/engines/builtin/builtin-engine.ts'
import { type LoadPlan, planLoad } from '../../packages/loadtest/src/profiles/plan.ts'
import { Recorder } from '../../packages/loadtest/src/recorder/recorder.ts'
import type { ScenarioSource } from '../../packages/loadtest/src/scenarios/scenario-source.ts'

/** One request, and no thought: what a server makes of a rate is seen plainest so. */
const oneRequest: ScenarioSource = {
  scenarios: {
    read: async (visitor) => {
      await visitor.request('GET', '/', { name: 'GET /' })
    },
  },
  module: '',
}

export interface PlayedRun {
  plan: LoadPlan
  recorder: Recorder
  analysis: Analysis | undefined
  findings: Findings
  /** Why a watch ended it early. */
  ended: string | undefined
}

/** Plays a profile of the configuration with the built-in engine against a bare server, and analyses it. */
export async function playProfile(
  url: string,
  profile: Record<string, unknown>,
  watchOf?: (plan: LoadPlan, recorder: Recorder, config: ReturnType<typeof completeConfig>) => LoadWatch,
): Promise<PlayedRun> {
  const config = completeConfig(
    configFileSchema.parse({
      loadtest: { profiles: { test: profile }, thinkTime: { minSeconds: 0.1, maxSeconds: 0.3 } },
    }),
  )
  const plan = planLoad({ profile: 'test', config: config.loadtest, weights: { read: 1 } })
  const recorder = new Recorder(plan)
  const watch = watchOf?.(plan, recorder, config)
  const stop = new AbortController()
  let ended: string | undefined
  const watching = setInterval(() => {
    if (recorder.startedAt === undefined) return
    ended ??= watch?.check({ elapsedMs: Date.now() - recorder.startedAt })
    if (ended) stop.abort()
  }, 500)
  try {
    const { generator } = await builtinEngine.run({
      plan,
      scenarios: oneRequest,
      url,
      anonKey: 'none',
      users: Array.from({ length: plan.users }, () => ({ id: randomUUID(), accessToken: 'none' })),
      recorder,
      signal: stop.signal,
    })
    return { plan, recorder, ended, analysis: undefined, ...analyse({ plan, recorder, config, generator }) }
  } finally {
    clearInterval(watching)
  }
}
