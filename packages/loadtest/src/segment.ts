import { ExitCode, JourneysError } from '@journeys/core/ops'
import type { K6Options } from './engines/engine.ts'

/** A share of the load: both 0 to 1. */
export interface Share {
  readonly from: number
  readonly to: number
}

const fractionPattern = /^(\d+)(?:\/(\d+))?$|^(\d*\.\d+)$|^(\d+(?:\.\d+)?)%$/

/**
 * Reads k6's `--execution-segment`: `0:1/2`, `1/3:2/3`, `50%:100%`, or `1/2` for the first half.
 * https://grafana.com/docs/k6/latest/using-k6/k6-options/reference/#execution-segment
 * @throws JourneysError `segment_unusable` (exit 2)
 */
export function parseSegment(text: string): Share {
  const [first = '', second, ...more] = text.split(':')
  const from = second === undefined ? 0 : fraction(first)
  const to = fraction(second ?? first)
  if (more.length > 0 || !(from >= 0) || !(to > from) || to > 1) {
    throw new JourneysError('segment_unusable', `"${text}" is not a share of a load`, {
      hint: 'write it as k6 does: 0:1/2 for the first half, 1/2:1 for the second',
      exitCode: ExitCode.usage,
    })
  }
  return { from, to }
}

/** A point between two shares: `1/3`, `0.5`, `50%`. @returns NaN for what is none */
export function fraction(text: string): number {
  const match = fractionPattern.exec(text.trim())
  if (!match) return Number.NaN
  const [, above, below, decimal, percent] = match
  if (above !== undefined) return Number(above) / Number(below ?? 1)
  return decimal === undefined ? Number(percent) / 100 : Number(decimal)
}

/** How much of the load this generator makes: 1 without a segment. @throws JourneysError as `parseSegment` */
export function shareOf({ segment }: K6Options = {}): number {
  if (!segment) return 1
  const { from, to } = parseSegment(segment.segment)
  return to - from
}
