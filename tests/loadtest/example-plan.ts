import type { LoadTestResult, PhaseResult, TimelinePoint } from '@journeys/loadtest'

export type ExampleKind = LoadTestResult['plan']['kind']

type Stage = LoadTestResult['plan']['stages'][number]

const stage = (phase: string, seconds: number, target: number, judged = false): Stage => ({
  phase,
  judged,
  durationMs: seconds * 1000,
  target,
})

const steps = Array.from({ length: 8 }, (_, index) => index + 1).flatMap((step) => [
  stage(`settle ${step}`, 3, step * 50),
  stage(`step ${step}`, 12, step * 50, true),
])

/** The stages of each kind of profile, as the built-in profiles have them. */
const stages: Readonly<Record<ExampleKind, readonly Stage[]>> = {
  load: [stage('ramp', 10, 1000), stage('steady', 40, 1000, true), stage('down', 8, 0)],
  spike: [
    stage('ramp', 5, 100),
    stage('before', 20, 100, true),
    stage('surge', 5, 1000),
    stage('during', 20, 1000, true),
    stage('fall', 5, 100),
    stage('after', 30, 100, true),
    stage('down', 3, 0),
  ],
  stress: steps,
  recovery: [
    stage('ramp', 5, 200),
    stage('before', 20, 200, true),
    stage('outage', 15, 200),
    stage('after', 30, 200, true),
    stage('down', 3, 0),
  ],
  soak: [stage('ramp', 30, 300), stage('hold', 1740, 300, true), stage('down', 30, 0)],
}

const weights = { journal_creation: 40, profile_updates: 20, progress_viewing: 30, premium_purchases: 10 }

export function examplePlan(kind: ExampleKind): LoadTestResult['plan'] {
  const open = kind === 'stress'
  return {
    profile: kind,
    kind,
    model: open ? 'open' : 'closed',
    executor: open ? 'ramping-arrival-rate' : 'ramping-vus',
    users: Math.max(...stages[kind].map(({ target }) => target)) * (open ? 5 : 1),
    start: open ? 50 : 0,
    stages: stages[kind],
    gracefulStopMs: 30_000,
    gracefulRampDownMs: 30_000,
    thinkTime: { minMs: 1000, maxMs: 3000 },
    weights,
    round: ['journal_creation'],
    requestTimeoutMs: 30_000,
    ...(kind === 'recovery' ? { faultAtMs: 25_000 } : {}),
    trackWrites: kind === 'recovery',
  }
}

/** Begin and end of each phase. */
export function exampleWindows(
  plan: LoadTestResult['plan'],
): Pick<PhaseResult, 'name' | 'judged' | 'startMs' | 'endMs' | 'target'>[] {
  let at = 0
  return plan.stages.map(({ phase, judged, durationMs, target }) => {
    const startMs = at
    at += durationMs
    return { name: phase, judged, startMs, endMs: at, target }
  })
}

/** A run that follows its plan, with a little noise that is the same every time. */
export function exampleTimeline(plan: LoadTestResult['plan']): TimelinePoint[] {
  const windows = exampleWindows(plan)
  const noise = noiseFrom(7)
  return Array.from({ length: (windows.at(-1)?.endMs ?? 0) / 1000 }, (_, second): TimelinePoint => {
    const index = windows.findIndex(({ endMs }) => second * 1000 < endMs)
    const window = windows[index]
    const from = windows[index - 1]?.target ?? plan.start
    const done = window ? (second * 1000 - window.startMs) / (window.endMs - window.startMs) : 1
    const target = window ? from + (window.target - from) * done : 0
    return { second, phase: window?.name ?? '', ...load(plan, second, target, window?.name ?? '', noise) }
  })
}

function load(plan: LoadTestResult['plan'], second: number, target: number, phase: string, noise: () => number) {
  const wave = 1 + noise() * 0.25
  const busy = plan.kind === 'stress' ? 4 + 60 / Math.max(0.02, 1.06 - target / 340) ** 1.6 : 5 + target / 160
  const p50 = plan.kind === 'soak' ? 6 + second / 900 : plan.kind === 'stress' ? Math.min(2400, busy / 6) : busy
  const answered = { p50: p50 * wave, p95: p50 * 2.4 * wave, p99: p50 * 4.4 * wave * wave }
  const rate = plan.model === 'closed' ? target * 0.5 : target * 2.4
  const users = plan.model === 'closed' ? Math.round(target) : Math.round(target * (0.4 + p50 / 300))
  if (phase === 'outage' && second < 31) {
    const failed = Math.round(rate * (second === 25 ? 0.7 : 1))
    return { users, requests: Math.round(rate), errors: failed, dropped: 0, ...(second === 25 ? answered : {}) }
  }
  const dropped = plan.kind === 'stress' && target > 330 ? Math.round((target - 330) * wave) : 0
  return { users, requests: Math.round(rate * wave), errors: 0, dropped, ...answered }
}

/** Between -1 and 1, the same sequence for the same seed. */
function noiseFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return (state / 2_147_483_647) * 2 - 1
  }
}
