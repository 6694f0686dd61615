import type { LoadTestResult } from '../result.ts'
import { milliseconds } from '../verdict/figure-text.ts'
import { counted, rate, seconds, signedPercent } from './number-text.ts'

/** What the profile was run for, in a sentence. Absent for `load` profiles. */
export function headline({ analysis }: LoadTestResult): string | undefined {
  switch (analysis?.kind) {
    case 'spike':
      return analysis.secondsToSlo === undefined
        ? `In the ${seconds(analysis.watchedSeconds)} after the rush the service level was not met again.`
        : `The service level was met again ${seconds(analysis.secondsToSlo)} after the rush.`
    case 'stress': {
      const { capacity, brokeFirst } = analysis
      if (!capacity) return 'Capacity: not one step held.'
      const broke = brokeFirst ? ` Then it broke: ${brokeFirst.text}.` : ''
      return `Capacity: ${rate(capacity.iterationsPerSecond)} iterations/s, ${rate(capacity.requestsPerSecond)} requests/s.${broke}`
    }
    case 'recovery': {
      const { lostWrites, secondsToFirstSuccess, secondsToSlo, failedRequests } = analysis
      return [
        lostWrites
          ? `${counted(lostWrites.lost, 'lost write')} of ${lostWrites.checked}`
          : 'Lost writes could not be checked',
        `first success after ${secondsToFirstSuccess === undefined ? '–' : seconds(secondsToFirstSuccess)}`,
        `service level met after ${secondsToSlo === undefined ? '–' : seconds(secondsToSlo)}`,
        `${counted(failedRequests, 'failed request')}.`,
      ].join(', ')
    }
    case 'soak': {
      const { p95 } = analysis
      if (!p95) return undefined
      const drift = p95.certain ? `, from ${milliseconds(p95.from)} to ${milliseconds(p95.to)}` : ', within the noise'
      return `Drift of p95: ${signedPercent(p95.percent)}${drift}.`
    }
    case undefined:
      return undefined
  }
}
