import type { LoadTestResult, ThresholdResult } from '@journeys/loadtest'
import { formatDuration } from '../output/duration.ts'
import type { Look } from '../output/look.ts'
import { formatNumber, formatPercent } from '../output/number.ts'

/** A label and what stands beside it. */
export type LabelledLine = readonly [label: string, text: string]

/** More phases than this are counted, and only those that do not hold are named. */
const mostPhases = 4

/**
 * Each threshold of all scenarios together, with its phases side by side; of single scenarios those that are not met, and in one line
 * those that were too small to be judged.
 */
export function thresholdLines({ thresholds }: Pick<LoadTestResult, 'thresholds'>, look: Look): LabelledLine[] {
  const groups = new Map<string, ThresholdResult[]>()
  for (const one of thresholds) {
    const key = sameThreshold(one)
    groups.set(key, [...(groups.get(key) ?? []), one])
  }
  const all = [...groups.values()]
  const general = all.filter(([one]) => one?.scenario === undefined)
  // A scenario is named where it alone does not hold.
  const missedByAll = new Set(
    general.flat().flatMap((one) => (one.ok === false ? `${sameThreshold(one)}\n${one.phase}` : [])),
  )
  const missed = all.filter((group) =>
    group.some(
      (one) =>
        one.scenario !== undefined &&
        one.ok === false &&
        !missedByAll.has(`${sameThreshold({ ...one, scenario: '' })}\n${one.phase}`),
    ),
  )
  return [
    ...[...general, ...missed].map((group): LabelledLine => [mark(group, look), thresholdText(group, look)]),
    ...unjudgedScenarios(thresholds).map((text): LabelledLine => [look.paint.yellow('–'), text]),
  ]
}

function sameThreshold({ level, scenario, key, expression }: ThresholdResult): string {
  return [level, scenario ?? '', key, expression].join('\n')
}

function thresholdText(group: readonly ThresholdResult[], look: Look): string {
  const [first] = group
  if (first === undefined) return ''
  const part = /[{,]\s*(?:name|status|expected_response)\b/.test(first.key) ? first.key : first.scenario
  const name = part === undefined ? first.title : `${first.title} (${part})`
  if (group.length === 1) return `${name}: ${first.phase === undefined ? '' : `${first.phase} `}${valueText(first)}`
  const shown = group.length > mostPhases ? group.filter(({ ok }) => ok === false) : group
  const phases = shown.map((one) => {
    const value = one.ok === null ? `– (${valueText(one)})` : valueText(one)
    const text = `${one.phase ?? ''} ${value}`.trim()
    return one.ok === false ? look.paint.red(text) : text
  })
  const holding = group.length - shown.length
  return `${name}: ${[...phases, ...(holding > 0 ? [`${holding} of ${group.length} phases hold`] : [])].join(' · ')}`
}

function valueText(one: ThresholdResult): string {
  if (one.ok === null || one.value === undefined) return one.note ?? 'not judged'
  const aborted = one.aborted ? ', which ended the run' : ''
  return `${figure(one, one.value)}${aborted}`
}

function figure({ metric, expression }: ThresholdResult, value: number): string {
  if (metric === 'http_req_failed' || metric === 'checks') return formatPercent(value)
  if (metric === 'http_req_duration') return formatDuration(value)
  return expression.startsWith('rate') ? `${formatNumber(value)}/s` : formatNumber(value)
}

/** In a small run most scenarios alone are too few requests to judge. The report has each reason. */
function unjudgedScenarios(thresholds: readonly ThresholdResult[]): string[] {
  const names = thresholds.flatMap((one) => (one.ok === null && one.scenario !== undefined ? [one.scenario] : []))
  return names.length === 0 ? [] : [`too little was measured to judge alone: ${[...new Set(names)].join(', ')}`]
}

function mark(group: readonly ThresholdResult[], { paint }: Look): string {
  const crossed = group.filter(({ ok }) => ok === false)
  if (crossed.some(({ level }) => level === 'limit')) return paint.red('FAIL')
  if (crossed.length > 0) return paint.yellow('warn')
  return group.some(({ ok }) => ok) ? paint.green('ok') : paint.yellow('–')
}
