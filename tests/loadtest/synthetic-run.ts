import { completeConfig, configFileSchema } from '../../packages/core/src/config/schema.ts'
import { phaseAt, targetAt } from '../../packages/loadtest/src/profiles/phase.ts'
import { type LoadPlan, phaseWindows, planLoad, plannedDurationMs } from '../../packages/loadtest/src/profiles/plan.ts'
import { Recorder } from '../../packages/loadtest/src/recorder/recorder.ts'

export const config = completeConfig(configFileSchema.parse({}))

/** What a server does in one second of a run. */
export interface ServerSecond {
  /** Of every answer: these come in turn. */
  ms: readonly number[]
  /** Share of 1 of the requests that fail. @defaultValue 0 */
  failing?: number
  /** @defaultValue 503 */
  status?: number
  /** Iterations that find no free user. @defaultValue 0 */
  dropped?: number
  /** Requests in that second. @defaultValue what the plan asks for */
  requests?: number
  /** How late the generator begins its iterations. @defaultValue 0 */
  startLagMs?: number
}

export interface SyntheticRunOptions {
  profile: string
  overrides?: { users?: number; rate?: number; duration?: string }
  server: (second: number, context: { phase: string; target: number }) => ServerSecond
  /** Ends it early, in seconds. */
  until?: number
}

/** When every synthetic run began, as `Date.now()`. */
export const began = Date.UTC(2026, 10, 23, 12)

/** A run that never took place: the recorder as an engine would have left it, for a server that behaves as told. */
export function syntheticRun(options: SyntheticRunOptions): {
  plan: LoadPlan
  recorder: Recorder
  config: typeof config
} {
  const plan = planLoad({ profile: options.profile, config: config.loadtest, ...options.overrides })
  const recorder = new Recorder(plan)
  recorder.start(began)
  const seconds = Math.min(options.until ?? Number.POSITIVE_INFINITY, plannedDurationMs(plan) / 1000)
  const perTarget = plan.model === 'open' ? 1.4 : 0.5
  for (let second = 0; second < seconds; second++) {
    const phase = phaseAt(plan.stages, second * 1000)
    const target = targetAt(plan.start, plan.stages, second * 1000 + 500)
    const server = options.server(second, { phase, target })
    const requests = Math.round(server.requests ?? target * perTarget)
    if (plan.model === 'closed') recorder.setUsers(began + second * 1000, Math.round(target))
    for (let index = 0; index < requests; index++) {
      const at = began + second * 1000 + (index * 1000) / requests
      // Evenly spread, so that one request in n fails.
      const failed = Math.floor((index + 1) * (server.failing ?? 0)) > Math.floor(index * (server.failing ?? 0))
      const status = failed ? (server.status ?? 503) : 200
      recorder.addRequest({
        at,
        scenario: 'journal_creation',
        phase,
        name: 'POST journal_entries',
        status,
        failed,
        durationMs: server.ms[index % server.ms.length] ?? 0,
      })
    }
    const iterations = Math.round(requests / 1.4)
    for (let index = 0; index < iterations; index++) {
      const at = began + second * 1000 + (index * 1000) / iterations
      if (server.startLagMs !== undefined) recorder.addStartLag(server.startLagMs, phase)
      recorder.addIteration(at, 'journal_creation', phase)
    }
    if (server.dropped) recorder.addDropped(began + second * 1000 + 900, phase, server.dropped)
    recorder.setUsers(began + second * 1000 + 999, Math.round(target))
  }
  return { plan, recorder, config }
}

/** Begin of a phase in seconds. */
export function beginOf(plan: LoadPlan, phase: string): number {
  return (phaseWindows(plan).find((window) => window.phase === phase)?.startMs ?? 0) / 1000
}
