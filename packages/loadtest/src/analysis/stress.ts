import { milliseconds } from '../verdict/figure-text.ts'
import type { AnalyseOptions, Findings, StressAnalysis, StressStep } from './analysis.ts'
import { findKnee } from './knee.ts'
import { serviceLevel } from './service-level.ts'
import { breakText, completedSteps, firstOfTwoBroken, highestHeld, startLagKnown } from './stress-steps.ts'

/** The highest rate that held, what broke first above it, and where latency began to climb. */
export function analyseStress(options: AnalyseOptions, findings: Findings): StressAnalysis {
  const { recorder, config } = options
  const slo = serviceLevel(config)
  const steps = completedSteps({ ...options, points: recorder.timeline.points() }, recorder.lastedMs, slo)
  const held = highestHeld(steps)
  const broken = firstOfTwoBroken(steps)
  const what = broken?.broke[0]
  const knee = findKnee(steps.flatMap(({ rate, p95Ms }) => (p95Ms === undefined ? [] : { x: rate, y: p95Ms })))
  const analysis: StressAnalysis = {
    kind: 'stress',
    slo,
    steps,
    ...(held
      ? {
          capacity: {
            phase: held.phase,
            iterationsPerSecond: held.rate,
            requestsPerSecond: held.requestsPerSecond,
          },
        }
      : {}),
    found: broken !== undefined,
    ...(broken && what
      ? {
          brokeFirst: {
            phase: broken.phase,
            iterationsPerSecond: broken.rate,
            what,
            text: breakText(broken, what, slo),
          },
        }
      : {}),
    ...(knee ? { knee: { iterationsPerSecond: knee.x, p95Ms: knee.y } } : {}),
    rule:
      `A step holds when its p95 is under ${milliseconds(slo.p95Ms)}, fewer than ` +
      `${Number((slo.errorRate * 100).toPrecision(3))} % of its requests failed, at most 1 % of its iterations found no free ` +
      'user, and its latency does not climb from its first second to its last. The capacity is the highest rate that held before two steps in a row did not.',
  }
  judgeCapacity(options, analysis, broken, findings)
  return analysis
}

function judgeCapacity(
  { config, plan, recorder, generator }: AnalyseOptions,
  { capacity, steps, brokeFirst }: StressAnalysis,
  broken: StressStep | undefined,
  findings: Findings,
): void {
  const promised = config.slo.requestsPerSecond
  if (steps.length === 0) {
    findings.invalid.push('not one step of the load ran to its end')
  } else if (!broken) {
    const highest = capacity ? `${rounded(capacity.iterationsPerSecond)} iterations/s` : 'no step'
    findings.inconclusive.push(
      steps.at(-1)?.held
        ? `the service level held up to ${highest}, the highest of the profile: the capacity is higher, raise its maxRate`
        : `the service level held up to ${highest}; one broken step alone does not tell the capacity, raise the profile's maxRate`,
    )
  } else if (brokeFirst?.what === 'generator' || (generator?.saturated && !startLagKnown(recorder, broken))) {
    findings.invalid.push(
      `the load generator broke before the server did, at ${rounded(broken.rate)} iterations/s: ` +
        (generator?.saturated ?? brokeFirst?.text ?? 'it came late'),
    )
  } else if (brokeFirst?.what === 'dropped') {
    findings.invalid.push(
      `at ${rounded(broken.rate)} iterations/s no user was free although answers were fast: ${plan.users} are too few for ` +
        'this rate, give more with --users',
    )
  } else if ((capacity?.requestsPerSecond ?? 0) < promised) {
    findings.fail.push(
      `the capacity is ${capacity ? `${rounded(capacity.requestsPerSecond)} requests/s` : 'below the first step'}, ` +
        `${promised} are promised; then ${brokeFirst?.text}`,
    )
  }
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(value >= 100 ? Math.ceil(Math.log10(value + 1)) : 3)))
}
