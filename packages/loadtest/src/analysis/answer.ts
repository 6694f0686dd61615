import type { Analysis } from './analysis.ts'

/** What a run that passed has shown, in one sentence; `undefined` where the thresholds say all there is. */
export function answer(analysis: Analysis | undefined, promisedPerSecond: number): string | undefined {
  switch (analysis?.kind) {
    case 'stress': {
      const { capacity } = analysis
      if (!capacity) return undefined
      const { requestsPerSecond, iterationsPerSecond } = capacity
      return `the capacity is ${Math.round(requestsPerSecond)} requests/s (${Math.round(iterationsPerSecond)} iterations/s), ${promisedPerSecond} are promised`
    }
    case 'recovery':
      return `no write was lost, and the service level was back ${secondsText(analysis.secondsToSlo)} after the fault`
    case 'spike':
      return analysis.secondsToSlo === 0
        ? 'the service level held before, during and after the rush'
        : `the service level was back ${secondsText(analysis.secondsToSlo)} after the rush`
    default:
      return undefined
  }
}

function secondsText(seconds: number | undefined): string {
  return seconds === undefined ? 'some time' : `${Number(seconds.toPrecision(2))} s`
}
