import { ExitCode, JourneysError } from '@journeys/core/ops'
import type { LoadTestResult } from '../result.ts'
import { fraction, parseSegment, type Share } from '../segment.ts'

/** Thirds do not add up to 1 in binary. */
const grain = 1e-9

/**
 * Whether the generators' shares fit together.
 * @returns the shares that nobody had, in order
 * @throws JourneysError `not_mergeable` (exit 2) when a run was the whole load, or two had the same part of it
 */
export function missingShares(results: readonly Pick<LoadTestResult, 'id' | 'segment'>[]): Share[] {
  const sequence = results[0]?.segment?.sequence
  const shares = results.map(({ id, segment }) => {
    if (!segment) {
      throw refusal(
        `${id} was the whole load by itself`,
        'give each generator its share: --segment 0:1/2 and --segment 1/2:1',
      )
    }
    if (!sameCut(segment.sequence, sequence)) {
      const both = `${sequence} and ${segment.sequence}`
      throw refusal(
        `the load was cut up differently: ${both}`,
        'run every generator with the same sequence of segments',
      )
    }
    return { id, text: segment.segment, ...parseSegment(segment.segment) }
  })
  shares.sort((a, b) => a.from - b.from)
  const missing: Share[] = []
  let end = 0
  let last: (typeof shares)[number] | undefined
  for (const share of shares) {
    if (last && share.from < end - grain) {
      const which = `${last.id} (${last.text}) and ${share.id} (${share.text})`
      throw refusal(
        `two results are of the same part of the load: ${which}`,
        'give each generator its own segment, and each result once',
      )
    }
    if (share.from > end + grain) missing.push({ from: end, to: share.from })
    end = share.to
    last = share
  }
  if (end < 1 - grain) missing.push({ from: end, to: 1 })
  return missing
}

/** `0,1/2,1` and `0,2/4,1` are the same cut. */
function sameCut(one: string, other = ''): boolean {
  const [a = [], b = []] = [one, other].map((text) => text.split(',').map(fraction))
  return a.length === b.length && a.every((at, index) => Math.abs(at - (b[index] ?? Number.NaN)) < grain)
}

export function refusal(message: string, hint: string): JourneysError {
  return new JourneysError('not_mergeable', `these results cannot be joined: ${message}`, {
    hint,
    exitCode: ExitCode.usage,
  })
}
