import type { MeasuredRun } from './measured-run.ts'

/** For the tests: runs whose truth is known. */

/** Seeded, so that a test says the same each time. mulberry32 by Tommy Ettinger, public domain. */
export function seeded(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Standard normal, by Box and Muller. */
export function normals(random: () => number): () => number {
  let spare: number | undefined
  return () => {
    if (spare !== undefined) {
      const kept = spare
      spare = undefined
      return kept
    }
    const radius = Math.sqrt(-2 * Math.log(1 - random()))
    const angle = 2 * Math.PI * random()
    spare = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }
}

export interface SimulatedRequest {
  readonly name: string
  /** Median of the fast mode, in ms. */
  readonly ms: number
  readonly answers: number
  /** Share of the answers in the slow mode, and how many times slower that is. */
  readonly slow?: { readonly share: number; readonly times: number }
}

export interface SimulatedNoise {
  /** Standard deviations, of logarithms: of a whole run, of one request of a run, of a slow stretch of time. */
  readonly run: number
  readonly request: number
  readonly stretch: number
  /** How many seconds a slow stretch lasts: an AR(1) process falls to 1/e in that time. */
  readonly stretchSeconds: number
  /** Of one answer, around its mode. */
  readonly answer: number
  /** Share of the answers with a heavy tail (Pareto), as of a pause of the collector or a retry. */
  readonly tail: number
  /** How much the odds of the slow mode differ between runs: standard deviation of their logarithm. */
  readonly odds: number
}

const seconds = 40
const stepMs = 100

/** A run of 40 judged seconds after a ramp of 5. */
export function simulatedRun(
  random: () => number,
  requests: readonly SimulatedRequest[],
  noise: SimulatedNoise,
): MeasuredRun {
  const normal = normals(random)
  const drift = noise.run * normal()
  const keep = Math.exp(-stepMs / 1000 / noise.stretchSeconds)
  const stretches = new Float64Array((seconds * 1000) / stepMs)
  let stretch = normal()
  for (let step = 0; step < stretches.length; step++) {
    stretches[step] = drift + noise.stretch * stretch
    stretch = keep * stretch + Math.sqrt(1 - keep * keep) * normal()
  }
  return {
    id: String(random()),
    startedAt: '2026-11-23T12:00:00.000Z',
    verdict: 'pass',
    interrupted: false,
    fingerprint: {
      environment: 'local',
      profile: 'load',
      plan: 'a',
      scenarios: 'b',
      engine: 'k6 1.8.1',
      machine: 'linux x64, 2 cores',
    },
    phases: [
      { name: 'ramp', judged: false, startMs: 0, endMs: 5_000 },
      { name: 'steady', judged: true, startMs: 5_000, endMs: 5_000 + seconds * 1000 },
    ],
    requests: requests.map((request) => {
      const own = Math.log(request.ms) + noise.request * normal()
      const share = request.slow ? shifted(request.slow.share, noise.odds * normal()) : 0
      const at: number[] = []
      const ms: number[] = []
      for (let index = 0; index < request.answers; index++) {
        const moment = (seconds * 1000 * (index + random())) / request.answers
        let log = own + (stretches[Math.floor(moment / stepMs)] ?? 0) + noise.answer * normal()
        if (random() < share) log += Math.log(request.slow?.times ?? 1)
        if (random() < noise.tail) log -= Math.log(1 - random()) / 1.5
        const duration = Math.exp(log)
        at.push(Math.round(5_000 + moment + duration))
        ms.push(Math.round(100 * duration) / 100)
      }
      return {
        name: request.name,
        requests: request.answers,
        errors: 0,
        samples: { of: request.answers, at, ms },
      }
    }),
  }
}

function shifted(share: number, by: number): number {
  return 1 / (1 + Math.exp(-(Math.log(share / (1 - share)) + by)))
}
