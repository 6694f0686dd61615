import { type Html, html } from '@journeys/core/ops'
import type { LoadTestResult } from '../result.ts'
import { milliseconds } from '../verdict/figure-text.ts'
import { barRows } from './bar-rows.ts'
import { bytes, cores, count, counted, smallShare } from './number-text.ts'
import { section } from './table.ts'

/** Whether the figures are the server's or the load generator's own. */
export function generatorPart({ generator, engine, total, plan }: LoadTestResult): Html {
  const { cpuCores, memoryPeakBytes, eventLoopLagMs, startLagMs, saturated } = generator
  const planned = total.iterations + total.dropped
  const fact = (name: string, value: string, note = '') =>
    html`<div><dt>${name}</dt><dd><b>${value}</b> <small class="quiet">${note}</small></dd></div>`
  return section(
    'generator',
    'Load generator',
    saturated === undefined
      ? html`<p>${engine.name} kept up: the figures are the server’s.</p>`
      : html`<p class="bad"><b>Saturated: ${saturated}.</b> The figures include its own delays.</p>`,
    cpuCores &&
      barRows(
        [
          { label: 'processor, mean', value: cpuCores.mean, text: cores(cpuCores.mean) },
          { label: 'busiest 5 seconds', value: cpuCores.peak, text: cores(cpuCores.peak), look: 'muted' },
        ],
        { label: `Of ${counted(generator.cores, 'core')}`, top: generator.cores },
      ),
    html`<dl class="facts">
${fact('cores of this machine', count(generator.cores))}
${memoryPeakBytes !== undefined && fact('memory, most', bytes(memoryPeakBytes))}
${eventLoopLagMs !== undefined && fact('event loop late', milliseconds(eventLoopLagMs), '99 of 100 within')}
${startLagMs !== undefined && fact('iterations begun late', milliseconds(startLagMs), '99 of 100 within')}
${plan.model === 'open' && fact('dropped iterations', count(total.dropped), planned > 0 ? `${smallShare(total.dropped / planned)} of those planned` : '')}
</dl>`,
  )
}
