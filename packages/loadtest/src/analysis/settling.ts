import { median } from 'simple-statistics'
import type { TimelinePoint } from '../result.ts'
import { milliseconds } from '../verdict/figure-text.ts'
import type { ServiceLevel } from './analysis.ts'
import { fewEnoughErrors } from './service-level.ts'

/** A second alone may miss by chance: with 20 answers in it, its p95 is just the slowest of them. */
export const windowSeconds = 5
const mostMissed = 1
/** With this many answers expected, a second without any is no chance (e^-5 = 0.7 %): the server stands still. */
const surelySomeAnswers = 5

export interface SettlingOptions {
  /** What the answer counts from, in seconds since the load began; may lie within a second. */
  readonly from: number
  /** When it was first seen to be broken: the service level cannot be back before. @defaultValue from */
  readonly brokenAt?: number | undefined
  /** Where looking ends; a second that is not over by then is left out. */
  readonly to: number
  readonly slo: ServiceLevel
  /** Answers in an ordinary second, of the time before the disturbance. */
  readonly usualPerSecond: number
}

/**
 * When the service level holds again, and stays: from the first second that meets it and after which no five seconds in a row
 * have more than one that misses it, up to the end. It has to be seen for five seconds.
 * @returns seconds after `from`, 0 when it was never broken; `undefined` when it did not hold again
 */
export function secondsUntilSettled(
  points: readonly TimelinePoint[],
  { from, brokenAt, to, slo, usualPerSecond }: SettlingOptions,
): number | undefined {
  const seen = points.filter(({ second }) => second >= Math.floor(brokenAt ?? from) && second + 1 <= to)
  const missed = seen.map((point) => missesLevel(point, slo, usualPerSecond))
  let settled: number | undefined
  for (let index = seen.length - 1; index >= 0; index--) {
    if (missed.slice(index, index + windowSeconds).filter(Boolean).length > mostMissed) break
    if (!missed[index] && index + windowSeconds <= seen.length) settled = index
  }
  const point = settled === undefined ? undefined : seen[settled]
  return point ? Math.max(0, point.second - from) : undefined
}

/** Answers per second in a phase: the median, so that a stumble does not count. */
export function usualPerSecond(points: readonly TimelinePoint[], phase: string): number {
  const counts = points.filter((point) => point.phase === phase).map(({ requests }) => requests)
  return counts.length === 0 ? 0 : median(counts)
}

/** The rule in words, for the report. */
export function settlingRule({ p95Ms, errorRate }: ServiceLevel): string {
  return (
    `A second holds when the p95 of its answers is under ${milliseconds(p95Ms)} and fewer than ` +
    `${Number((errorRate * 100).toPrecision(3))} % of its requests failed. The service level is back from the first second ` +
    `that holds and after which, to the end of the phase, no ${windowSeconds} seconds in a row have more than ${mostMissed} ` +
    'that does not.'
  )
}

function missesLevel(point: TimelinePoint, slo: ServiceLevel, usual: number): boolean {
  if (point.requests === 0) return usual >= surelySomeAnswers
  if (!fewEnoughErrors(point.errors / point.requests, slo)) return true
  return point.p95 === undefined || point.p95 >= slo.p95Ms
}
