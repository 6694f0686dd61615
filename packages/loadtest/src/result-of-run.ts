import type { ThresholdRule } from '@journeys/core/ops'
import { analyse, type InjectedFault, type LostWrites } from './analysis/analysis.ts'
import { answer } from './analysis/answer.ts'
import type { Fingerprint } from './baseline/fingerprint.ts'
import type { Engine, EngineOutcome } from './engines/engine.ts'
import type { LoadTestOptions } from './load-test.ts'
import type { LoadPlan } from './profiles/plan.ts'
import type { Part } from './recorder/part.ts'
import type { Parts, Recorder } from './recorder/recorder.ts'
import type { LoadTestResult, PhaseResult, RequestFigures, ScenarioResult, TestUsersResult } from './result.ts'
import { runCommand } from './run-command.ts'
import { shareOf } from './segment.ts'
import type { ServerSide } from './server/server-side.ts'
import { doubts } from './verdict/doubts.ts'
import { judge } from './verdict/judge.ts'
import { judgeThresholds, type Rules } from './verdict/judge-thresholds.ts'
import { judgedSpans, type PhaseSpan, phaseSpans, secondsOf } from './verdict/phase-span.ts'

export interface FinishedRun {
  readonly id: string
  readonly url: string
  readonly options: LoadTestOptions
  readonly plan: LoadPlan
  readonly rules: Rules
  readonly engine: Engine
  readonly fingerprint: Fingerprint
  /** When the command began, for a run that never came to its load. */
  readonly startedAt: Date
  readonly recorder: Recorder
  readonly outcome: EngineOutcome
  readonly testUsers: TestUsersResult
  readonly server?: ServerSide | undefined
  readonly fault?: InjectedFault | undefined
  readonly lostWrites?: LostWrites | undefined
  /** Why writes could not be looked for. */
  readonly lostWritesProblem?: string | undefined
  /** Why a watch ended the load before its plan did. */
  readonly endedEarly?: string | undefined
  readonly abortedBy?: ThresholdRule | undefined
}

/** Everything that was measured, judged and put into one plain object. */
export function resultOf(run: FinishedRun): LoadTestResult {
  const { options, plan, recorder, engine, outcome, server, abortedBy } = run
  const interrupted = options.signal?.aborted ?? false
  const spans = phaseSpans(plan, recorder.lastedMs)
  const judgedSeconds = secondsOf(judgedSpans(spans))
  const wholeSeconds = recorder.lastedMs / 1000
  const figures = ({ judged, whole }: Parts) => ({
    ...judged.figures(judgedSeconds),
    whole: whole.figures(wholeSeconds),
  })
  const scenarios = scenarioResults(plan, recorder, figures)
  const thresholds = judgeThresholds({ recorder, plan, rules: run.rules, spans, wholeSeconds, abortedBy })
  const { generator } = outcome
  const { analysis, findings } = analyse({
    plan,
    recorder,
    config: options.config,
    interrupted,
    server,
    generator,
    fault: run.fault,
    lostWrites: run.lostWrites,
  })
  const concerns = [...outcome.warnings, ...userConcerns(run)]
  const { verdict, exitCode, reasons } = judge({
    recorder,
    thresholds,
    checksHaveThreshold: run.rules.limits.some(({ metric }) => metric === 'checks'),
    doubts: doubts({
      recorder,
      plan,
      generator,
      scenarios,
      endedEarly: run.endedEarly !== undefined,
      share: shareOf(options.k6),
    }),
    findings,
    concerns,
    abortedBy,
    interrupted,
    answer: answer(analysis, options.config.slo.requestsPerSecond),
  })
  return {
    id: run.id,
    version: 2,
    environment: { name: options.target.name, url: run.url },
    profile: plan.profile,
    engine: { name: engine.name, version: engine.version },
    users: plan.users,
    plan,
    fingerprint: run.fingerprint,
    startedAt: new Date(recorder.startedAt ?? run.startedAt).toISOString(),
    durationMs: Math.round(recorder.lastedMs),
    interrupted,
    verdict,
    exitCode,
    reasons,
    warnings: [...concerns, ...notes(run)].filter((text) => !reasons.includes(text)),
    ...(options.k6?.segment ? { segment: options.k6.segment } : {}),
    judgedSeconds,
    phases: phaseResults(recorder, spans),
    scenarios,
    requests: [...recorder.requests]
      .map(([name, parts]) => ({ name, ...figures(parts) }))
      .sort((a, b) => a.name.localeCompare(b.name)),
    total: {
      ...figures(recorder.total),
      iterations: recorder.total.whole.iterations,
      dropped: recorder.total.whole.dropped,
      checks: recorder.total.whole.checks,
    },
    thresholds,
    failures: recorder.failures.results(),
    failedChecks: [...recorder.failedChecks.values()],
    timeline: recorder.timeline.points(),
    distribution: recorder.distribution(),
    ...(analysis ? { analysis } : {}),
    generator,
    ...(server ? { server } : {}),
    testUsers: run.testUsers,
    command: runCommand(options),
  }
}

function scenarioResults(
  plan: LoadPlan,
  recorder: Recorder,
  figures: (parts: Parts) => RequestFigures & { readonly whole: RequestFigures },
): ScenarioResult[] {
  const weights = [...recorder.scenarios.keys()].map((name) => plan.weights[name] ?? 0)
  const weightSum = weights.reduce((sum, weight) => sum + weight, 0)
  const { iterations } = recorder.total.whole
  return [...recorder.scenarios].map(([name, parts]) => ({
    name,
    weight: plan.weights[name] ?? 0,
    planned: (plan.weights[name] ?? 0) / weightSum,
    achieved: iterations === 0 ? 0 : parts.whole.iterations / iterations,
    iterations: parts.whole.iterations,
    checks: parts.whole.checks,
    ...figures(parts),
  }))
}

/** Those that the run came to. */
function phaseResults(recorder: Recorder, spans: readonly PhaseSpan[]): PhaseResult[] {
  return spans
    .filter(({ startMs, endMs }) => endMs > startMs)
    .map((span) => {
      const { phase: name, judged, startMs, endMs, target } = span
      const seconds = secondsOf([span])
      const parts = recorder.phases.get(name)
      const figures = (part: Part | undefined) => part?.figures(seconds) ?? nothing
      return {
        name,
        judged,
        startMs,
        endMs,
        target,
        iterations: parts?.iterations ?? 0,
        dropped: parts?.dropped ?? 0,
        total: figures(parts?.total),
        scenarios: [...recorder.scenarios.keys()].map((scenario) => ({
          name: scenario,
          ...figures(parts?.scenarios.get(scenario)),
        })),
      }
    })
}

const nothing: RequestFigures = {
  requests: 0,
  rate: 0,
  errors: 0,
  limited: 0,
  serverErrors: 0,
  clientErrors: 0,
  networkErrors: 0,
}

/** What somebody has to do something about. */
function userConcerns({ testUsers, options, id }: FinishedRun): string[] {
  if (options.keepData || testUsers.removed) return []
  return [`not every user of this run could be removed (run ${id}): the next run tries again`]
}

/** What is good to know. */
function notes({ testUsers, options, id, lostWritesProblem, plan, endedEarly }: FinishedRun): string[] {
  return [
    ...(endedEarly && plan.kind !== 'stress' ? [`ended early: ${endedEarly}`] : []),
    ...(lostWritesProblem ? [lostWritesProblem] : []),
    ...(options.keepData ? [`the users of this run and what they wrote were kept (run ${id})`] : []),
    ...(testUsers.leftovers > 0
      ? [`${testUsers.leftovers} users that an earlier run had left were removed first`]
      : []),
  ]
}
