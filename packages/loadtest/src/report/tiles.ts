import { type Html, html } from '@journeys/core/ops'
import type { Drift } from '../analysis/analysis.ts'
import { clockTime } from '../profiles/duration.ts'
import type { LoadTestResult, ThresholdResult } from '../result.ts'
import { milliseconds } from '../verdict/figure-text.ts'
import { bytes, count, counted, rate, seconds, signedPercent, smallShare } from './number-text.ts'
import { outcome } from './table.ts'

interface Tile {
  readonly name: string
  readonly value: string
  readonly note?: Html | string
  /** The value beside its limit, as a small bar. */
  readonly gauge?: { readonly value: number; readonly limit: number; readonly good: boolean } | undefined
}

/** The four figures that one looks for first: the profile's own answer, then how the load went. */
export function tiles(result: LoadTestResult): Html {
  const general = [latencyTile(result), failedTile(result), rateTile(result), judgedTile(result)]
  const shown = [...analysisTiles(result), ...general].slice(0, 4)
  return html`<dl class="tiles" aria-label="Main figures">${shown.map(
    ({ name, value, note, gauge }) =>
      html`<div><dt>${name}</dt><dd class="figure">${value}</dd>${gauge && gaugeBar(gauge)}<dd class="note">${note ?? ''}</dd></div>`,
  )}</dl>`
}

function analysisTiles({ analysis }: LoadTestResult): Tile[] {
  switch (analysis?.kind) {
    case 'spike':
      return [
        {
          name: 'recovered from the rush after',
          value: analysis.secondsToSlo === undefined ? 'not seen' : seconds(analysis.secondsToSlo),
          note: `watched for ${seconds(analysis.watchedSeconds)}`,
        },
      ]
    case 'stress':
      return [
        {
          name: 'capacity',
          value: analysis.capacity ? `${rate(analysis.capacity.requestsPerSecond)}/s` : 'none held',
          note: analysis.capacity
            ? `requests; ${rate(analysis.capacity.iterationsPerSecond)} iterations/s${analysis.found ? '' : ', and it never broke'}`
            : 'the first step already broke',
        },
        {
          name: 'broke first',
          value: analysis.brokeFirst?.what ?? 'nothing',
          note: analysis.brokeFirst ? `at ${rate(analysis.brokeFirst.iterationsPerSecond)} iterations/s` : '',
        },
      ]
    case 'recovery': {
      const { lostWrites, secondsToFirstSuccess, secondsToSlo, failedRequests } = analysis
      return [
        {
          name: 'lost writes',
          value: lostWrites ? count(lostWrites.lost) : 'not checked',
          note: lostWrites ? outcome(lostWrites.lost === 0, `of ${counted(lostWrites.checked, 'row')} looked for`) : '',
        },
        {
          name: 'first success after the fault',
          value: secondsToFirstSuccess === undefined ? 'not seen' : seconds(secondsToFirstSuccess),
          note: `${counted(failedRequests, 'request')} failed`,
        },
        {
          name: 'back within the service level',
          value: secondsToSlo === undefined ? 'not seen' : seconds(secondsToSlo),
          note: 'after the fault',
        },
      ]
    }
    case 'soak':
      return analysis.p95 ? [driftTile('drift of p95', analysis.p95, milliseconds), ...memoryTile(analysis.memory)] : []
    case undefined:
      return []
  }
}

function driftTile(name: string, drift: Drift, format: (value: number) => string): Tile {
  return {
    name,
    value: signedPercent(drift.percent),
    note: drift.certain ? `${format(drift.from)} to ${format(drift.to)}` : 'within the noise',
  }
}

/** Of the process whose memory grew most. */
function memoryTile(memory: readonly (Drift & { readonly process: string })[]): Tile[] {
  const most = [...memory].sort((a, b) => b.percentLow - a.percentLow)[0]
  return most ? [driftTile(`memory of ${most.process}`, most, bytes)] : []
}

function latencyTile(result: LoadTestResult): Tile {
  const { p95 } = result.total
  const limit = overall(result, (threshold) => /^p\(95\)/.test(threshold.expression))
  return {
    name: '95 of 100 answered within',
    value: milliseconds(p95),
    note: limitNote(limit),
    gauge: gaugeOf(limit, p95),
  }
}

function failedTile(result: LoadTestResult): Tile {
  const { requests, errors, limited } = result.total
  const limit = overall(result, ({ metric }) => metric === 'http_req_failed')
  const share = requests === 0 ? undefined : errors / requests
  return {
    name: 'failed requests',
    value: share === undefined ? '–' : smallShare(share),
    note: limit
      ? limitNote(limit)
      : `${count(errors)} of ${count(requests)}${limited > 0 ? `, ${count(limited)} limited` : ''}`,
    gauge: gaugeOf(limit, share),
  }
}

function rateTile(result: LoadTestResult): Tile {
  const limit = overall(result, ({ metric, expression }) => metric === 'http_reqs' && expression.startsWith('rate'))
  return {
    name: 'requests per second',
    value: rate(result.total.rate),
    note: limitNote(limit),
    gauge: gaugeOf(limit, result.total.rate),
  }
}

function judgedTile({ judgedSeconds, durationMs, total }: LoadTestResult): Tile {
  return {
    name: 'judged',
    value: clockTime(judgedSeconds * 1000),
    note: `of ${clockTime(durationMs)}, ${count(total.requests)} requests`,
  }
}

/** The limit on all scenarios together. Of several phases the one that does not hold, else the first. */
function overall(result: LoadTestResult, wanted: (threshold: ThresholdResult) => boolean): ThresholdResult | undefined {
  const all = result.thresholds.filter(
    (threshold) =>
      threshold.level === 'limit' &&
      threshold.scenario === undefined &&
      !threshold.key.includes('{') &&
      wanted(threshold),
  )
  return all.find(({ ok }) => ok === false) ?? all[0]
}

function limitNote(threshold: ThresholdResult | undefined): Html | string {
  if (!threshold) return ''
  const where = threshold.phase === undefined ? '' : `, ${threshold.phase}`
  return threshold.ok === null ? `not judged: ${threshold.title}` : outcome(threshold.ok, `${threshold.title}${where}`)
}

function gaugeOf(threshold: ThresholdResult | undefined, value: number | undefined): Tile['gauge'] {
  const limit = Number(/[<>]=?\s*([\d.]+)/.exec(threshold?.expression ?? '')?.[1])
  if (!threshold || threshold.ok === null || value === undefined || !(limit > 0)) return undefined
  return { value, limit, good: threshold.ok }
}

function gaugeBar({ value, limit, good }: NonNullable<Tile['gauge']>): Html {
  const top = Math.max(value, limit * 1.25)
  const width = (amount: number) => `${((amount / top) * 100).toFixed(1)}%`
  return html`<dd class="gauge ${good ? 'within' : 'beyond'}" aria-hidden="true"><i style="width:${width(value)}"></i><b style="left:${width(limit)}"></b></dd>`
}
