import { type Html, html } from '@journeys/core/ops'
import type { PhaseFigures, ServiceLevel, SpikeAnalysis } from '../analysis/analysis.ts'
import type { LoadTestResult } from '../result.ts'
import { milliseconds } from '../verdict/figure-text.ts'
import { barRows } from './bar-rows.ts'
import { axisTime, count, rate, seconds, smallShare } from './number-text.ts'
import { outcome, section, table } from './table.ts'

/** What the rush did, phase by phase, and how long it was felt. */
export function spikePart(analysis: SpikeAnalysis, { plan }: LoadTestResult): Html {
  const { secondsToSlo, watchedSeconds, rule } = analysis
  const normal = plan.stages.find(({ phase }) => phase === 'before')?.target
  const top = plan.stages.find(({ phase }) => phase === 'during')?.target
  const users = plan.model === 'closed' ? 'users' : 'iterations/s'
  const rush = normal !== undefined && top !== undefined && `From ${count(normal)} to ${count(top)} ${users} and back. `
  const back =
    secondsToSlo === undefined
      ? `In the ${seconds(watchedSeconds)} after it the service level was not met again.`
      : secondsToSlo === 0
        ? 'When the load was back to normal, so was the service level.'
        : `${seconds(secondsToSlo)} after the load was back to normal, the service level was met again and stayed met.`
  return section(
    'analysis',
    'Before, during and after the rush',
    html`<p class="lead">${rush}${back}</p>`,
    ...phaseComparison(analysis.phases, analysis.slo),
    html`<p class="aside">${rule}</p>`,
  )
}

/** p95 of phases beside each other, and their figures. */
export function phaseComparison(phases: readonly PhaseFigures[], slo: ServiceLevel): Html[] {
  return [
    barRows(
      phases.map(({ phase, p95Ms, withinSlo, requestsPerSecond }) => ({
        label: phase,
        note: `${rate(requestsPerSecond)} requests/s`,
        value: p95Ms ?? 0,
        text: `p95 ${milliseconds(p95Ms)}`,
        look: withinSlo ? 'good' : 'bad',
      })),
      { label: 'p95 per phase', limit: { value: slo.p95Ms, label: `service level: p95 ${axisTime(slo.p95Ms)}` } },
    ),
    table(
      'Per phase',
      ['phase', 'requests', '/s', 'p95', 'failed', 'service level'],
      phases.map(({ phase, requests, requestsPerSecond, p95Ms, errorRate, withinSlo }) => [
        phase,
        count(requests),
        rate(requestsPerSecond),
        milliseconds(p95Ms),
        smallShare(errorRate),
        outcome(withinSlo, withinSlo ? 'met' : 'not met'),
      ]),
    ),
  ]
}
