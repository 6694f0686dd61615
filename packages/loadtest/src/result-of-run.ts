import type { Engine, EngineOutcome } from './engines/engine.ts'
import type { LoadTestOptions } from './load-test.ts'
import { type LoadPlan, phaseWindows } from './profiles/plan.ts'
import type { Part } from './recorder/part.ts'
import type { Recorder } from './recorder/recorder.ts'
import type { CheckFigures, LoadTestResult, ScenarioResult, TestUsersResult } from './result.ts'
import { judge } from './verdict/judge.ts'

export interface FinishedRun {
  readonly id: string
  readonly url: string
  readonly options: LoadTestOptions
  readonly plan: LoadPlan
  readonly engine: Engine
  /** When the command began, for a run that never came to its load. */
  readonly startedAt: Date
  readonly recorder: Recorder
  readonly outcome: EngineOutcome
  readonly testUsers: TestUsersResult
}

/** A mix further off than this, in shares of 1, is not the one that was planned. */
const mixTolerance = 0.02
/** The last turns of a run are begun in order but not all ended in it: a few iterations off is what the plan looks like. */
const mixToleranceIterations = 5

/** Everything that was measured, judged and put into one plain object. */
export function resultOf(run: FinishedRun): LoadTestResult {
  const { options, plan, recorder, engine } = run
  const interrupted = options.signal?.aborted ?? false
  const phases = phaseWindows(plan).map((window) => ({
    ...window,
    startMs: Math.min(window.startMs, recorder.lastedMs),
    endMs: Math.min(window.endMs, recorder.lastedMs),
  }))
  const steady = phases.find(({ phase }) => phase === 'steady') ?? { startMs: 0, endMs: 0 }
  const steadySeconds = (steady.endMs - steady.startMs) / 1000
  const wholeSeconds = recorder.lastedMs / 1000
  const judgement = judge({
    recorder,
    plan,
    thresholds: options.config.loadtest.thresholds,
    steadySeconds,
    wholeSeconds,
    interrupted,
  })
  const figures = (parts: { steady: Part; whole: Part }) => ({
    ...parts.steady.figures(steadySeconds),
    whole: parts.whole.figures(wholeSeconds),
  })
  const scenarios = scenarioResults(plan, recorder, figures)
  return {
    id: run.id,
    version: 1,
    environment: { name: options.target.name, url: run.url },
    profile: plan.profile,
    engine: { name: engine.name, version: engine.version },
    users: plan.users,
    plan,
    startedAt: new Date(recorder.startedAt ?? run.startedAt).toISOString(),
    durationMs: Math.round(recorder.lastedMs),
    interrupted,
    verdict: judgement.verdict,
    exitCode: judgement.exitCode,
    reasons: judgement.reasons,
    warnings: [...run.outcome.warnings, ...(interrupted ? [] : mixWarnings(scenarios)), ...userWarnings(run)],
    steady: { startMs: steady.startMs, endMs: steady.endMs },
    phases,
    scenarios,
    requests: [...recorder.requests]
      .map(([name, parts]) => ({ name, ...figures(parts) }))
      .sort((a, b) => a.name.localeCompare(b.name)),
    total: {
      ...figures(recorder.total),
      iterations: recorder.total.whole.iterations,
      checks: checksOf(recorder.total.whole),
    },
    thresholds: judgement.thresholds,
    failures: [...recorder.failures.values()].sort((a, b) => b.count - a.count),
    failedChecks: [...recorder.failedChecks.values()],
    timeline: recorder.timeline.points(),
    distribution: recorder.distribution(),
    testUsers: run.testUsers,
    command: commandOf(options),
  }
}

function scenarioResults(
  plan: LoadPlan,
  recorder: Recorder,
  figures: (parts: {
    steady: Part
    whole: Part
  }) => Pick<ScenarioResult, 'requests' | 'rate' | 'errors' | 'limited' | 'whole'>,
): ScenarioResult[] {
  const weightSum = Object.values(plan.weights).reduce((sum, weight) => sum + weight, 0)
  const iterations = recorder.total.whole.iterations
  return [...recorder.scenarios]
    .filter(([name]) => plan.weights[name] > 0)
    .map(([name, parts]) => ({
      name,
      weight: plan.weights[name],
      planned: plan.weights[name] / weightSum,
      achieved: iterations === 0 ? 0 : parts.whole.iterations / iterations,
      iterations: parts.whole.iterations,
      checks: checksOf(parts.whole),
      ...figures(parts),
    }))
}

function checksOf(part: Part): CheckFigures {
  return { passed: part.checksPassed, failed: part.checksFailed }
}

function mixWarnings(scenarios: ScenarioResult[]): string[] {
  const total = scenarios.reduce((sum, { iterations }) => sum + iterations, 0)
  return scenarios
    .filter(({ planned, iterations }) => {
      const off = Math.abs(iterations - planned * total)
      return off > Math.max(mixToleranceIterations, mixTolerance * total)
    })
    .map(({ name, planned, achieved }) => `${name}: ${share(planned)} planned, ${share(achieved)} achieved`)
}

function userWarnings({ testUsers, options, id }: FinishedRun): string[] {
  const warnings: string[] = []
  if (options.keepData) warnings.push(`the users of this run and what they wrote were kept (run ${id})`)
  else if (!testUsers.removed)
    warnings.push(`not every user of this run could be removed (run ${id}): the next run tries again`)
  if (testUsers.leftovers > 0)
    warnings.push(`${testUsers.leftovers} users that an earlier run had left were removed first`)
  return warnings
}

function share(value: number): string {
  return `${(value * 100).toFixed(1)} %`
}

function commandOf({ target, profile, engine, users, duration, keepData }: LoadTestOptions): string {
  const flags = [
    target.isLocal ? [] : ['--env', target.name],
    profile === 'load' ? [] : ['--profile', profile],
    engine === 'auto' ? [] : ['--engine', engine],
    users === undefined ? [] : ['--users', users],
    duration === undefined ? [] : ['--duration', duration],
    keepData ? ['--keep-data'] : [],
  ].flat()
  return ['journeys loadtest', ...flags].join(' ')
}
