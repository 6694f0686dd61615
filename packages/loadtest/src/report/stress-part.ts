import { type Html, html } from '@journeys/core/ops'
import type { Breakage, StressAnalysis, StressStep } from '../analysis/analysis.ts'
import { milliseconds } from '../verdict/figure-text.ts'
import { count, rate, smallShare } from './number-text.ts'
import { stressChart } from './stress-chart.ts'
import { outcome, quiet, section, table } from './table.ts'

const breakages: Readonly<Record<Breakage, string>> = {
  latency: 'too slow',
  errors: 'errors',
  dropped: 'no free user',
  pool: 'no free database connection',
  generator: 'the load generator',
}

/** How much the server carries, and what gave way first. */
export function stressPart(analysis: StressAnalysis): Html {
  const { capacity, found, brokeFirst, knee, rule, steps } = analysis
  const held = capacity
    ? html`<b>${rate(capacity.iterationsPerSecond)} iterations/s held</b>, that is ${rate(capacity.requestsPerSecond)} requests/s.`
    : html`<b>Not one step held.</b>`
  const broke = brokeFirst
    ? html` Then it broke: ${brokeFirst.text}.`
    : !found && ' Nothing broke up to the highest rate: the capacity is at least this.'
  const bend =
    knee &&
    html` Latency begins to climb at ${rate(knee.iterationsPerSecond)} iterations/s (p95 ${milliseconds(knee.p95Ms)}).`
  return section(
    'analysis',
    'Capacity',
    html`<p class="lead">${held}${broke}${bend}</p>`,
    stressChart(analysis),
    stepTable(steps),
    html`<p class="aside">${rule}</p>`,
  )
}

function stepTable(steps: readonly StressStep[]): Html {
  return table(
    'Per step',
    ['step', 'held', 'planned/s', 'done/s', 'requests/s', 'p50', 'p95', 'p99', 'failed', 'dropped'],
    steps.map((step) => [
      step.phase,
      step.held
        ? outcome(true, 'held')
        : outcome(false, step.broke.map((what) => breakages[what]).join(', ') || 'broke'),
      rate(step.rate),
      rate(step.iterationsPerSecond),
      rate(step.requestsPerSecond),
      milliseconds(step.p50Ms),
      milliseconds(step.p95Ms),
      milliseconds(step.p99Ms),
      step.errorRate > 0 ? html`<b class="bad">${smallShare(step.errorRate)}</b>` : quiet('0'),
      step.dropped > 0 ? html`<b class="bad">${count(step.dropped)}</b>` : quiet('0'),
    ]),
    2,
  )
}
