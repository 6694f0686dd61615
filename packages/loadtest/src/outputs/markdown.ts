import { headline } from '../report/headline.ts'
import { dateText, smallShare } from '../report/number-text.ts'
import { loadText, verdictWord } from '../report/verdict-part.ts'
import type { LoadTestResult, RequestFigures, ThresholdResult } from '../result.ts'
import { figureText, milliseconds } from '../verdict/figure-text.ts'

const signs = { pass: '✅', warn: '⚠️', fail: '❌', inconclusive: '❔', invalid: '🚫' } as const

/** A pull request comment: the verdict and why at once, everything else folded away. GitHub's and GitLab's dialect. */
export function renderMarkdown(result: LoadTestResult): string {
  const { environment, profile, engine, startedAt, reasons, warnings, interrupted, verdict } = result
  const [first = '', ...others] = reasons
  const answer = headline(result)
  return `${[
    `### ${interrupted ? '⏹️' : signs[verdict]} Load test: ${verdictWord(result).toLowerCase()}`,
    `**${text(first)}**`,
    list([...others, ...warnings.map((warning) => `⚠️ ${warning}`)]),
    answer === undefined ? '' : text(answer),
    mainFigures(result),
    culprits(result),
    folded('Thresholds', thresholdTable(result.thresholds)),
    folded('Scenarios', scenarioTable(result)),
    folded('What failed', failureTable(result)),
    baseline(result),
    `<sub>${text(environment.name)} · ${text(profile)} · ${text(loadText(result))} · ${engine.name} ${text(engine.version)} · ${dateText(startedAt)} · run ${text(result.id)}<br>${code(result.command)}</sub>`,
  ]
    .filter((part) => part !== '')
    .join('\n\n')}\n`
}

function mainFigures({ total }: LoadTestResult): string {
  const share = total.requests === 0 ? '–' : smallShare(total.errors / total.requests)
  return table(
    ['requests', 'requests/s', 'failed', 'p50', 'p95', 'p99'],
    [[String(total.requests), rate(total), share, ...[total.p50, total.p95, total.p99].map(milliseconds)]],
  )
}

function thresholdTable(thresholds: readonly ThresholdResult[]): string {
  const sign = ({ ok, level }: ThresholdResult) => (ok === null ? '–' : ok ? '✅' : level === 'warning' ? '⚠️' : '❌')
  return table(
    ['', 'threshold', 'scenario', 'measured', 'whole run'],
    thresholds.map((threshold) => [
      sign(threshold),
      `${text(threshold.title)}${threshold.phase === undefined ? '' : `, ${text(threshold.phase)}`}${threshold.note === undefined ? '' : `<br>${text(threshold.note)}`}`,
      threshold.scenario === undefined ? 'all' : code(threshold.scenario),
      figureText(threshold.metric, threshold.expression, threshold.value),
      threshold.whole ? figureText(threshold.metric, threshold.expression, threshold.whole.value) : '–',
    ]),
  )
}

function scenarioTable({ scenarios, requests }: LoadTestResult): string {
  return table(
    ['', 'requests', '/s', 'failed', '429', 'p50', 'p95', 'p99'],
    [...scenarios, ...requests].map((part) => [
      code(part.name),
      String(part.requests),
      rate(part),
      String(part.errors),
      String(part.limited),
      ...[part.p50, part.p95, part.p99].map(milliseconds),
    ]),
  )
}

function failureTable({ failures, failedChecks }: LoadTestResult): string {
  return table(
    ['what', 'answer', 'times'],
    [
      ...failures.map(({ name, status, code: answered, error, count }) => [
        code(name),
        text(status === 0 ? (error ?? 'no answer') : `HTTP ${status}${answered === undefined ? '' : ` ${answered}`}`),
        String(count),
      ]),
      ...failedChecks.map(({ scenario, name, count }) => [code(scenario), text(`not right: ${name}`), String(count)]),
    ],
  )
}

function culprits({ server, verdict }: LoadTestResult): string {
  if (!server || server.culprits.length === 0 || verdict === 'pass') return ''
  const lines = server.culprits.map(
    ({ title, detail, hint }) => `**${text(title)}**: ${text(detail)} *Next:* ${text(hint)}`,
  )
  return `**Where to look**\n\n${lines.map((line) => `- ${line}`).join('\n')}`
}

function baseline({ baseline: comparison }: LoadTestResult): string {
  if (!comparison) return ''
  const rows = comparison.changes.map(({ request, percentile, beforeMs, afterMs, changePercent, verdict }) => [
    `${code(request)} p${percentile}`,
    milliseconds(beforeMs),
    milliseconds(afterMs),
    changePercent === undefined ? '–' : `${changePercent > 0 ? '+' : ''}${changePercent.toFixed(1)} %`,
    verdict,
  ])
  return folded(`Baseline ${comparison.name}: ${comparison.verdict}`, table(['', 'before', 'now', 'change', ''], rows))
}

function rate({ rate: perSecond }: RequestFigures): string {
  return perSecond.toFixed(perSecond >= 100 ? 0 : 1)
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `- ${text(line)}`).join('\n')
}

function folded(summary: string, content: string): string {
  return content === '' ? '' : `<details><summary>${text(summary)}</summary>\n\n${content}\n\n</details>`
}

/** Empty without rows; the first column is words, the others are figures unless the row says otherwise. */
function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return ''
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Whatever servers and configurations say stays text: no markup, no link, no mention, no new line. */
function text(value: string): string {
  return value
    .replace(/[\r\n]+/g, ' ')
    .replace(/[\\`*[\]<>|~#]|(?<!\w)_|_(?!\w)/g, (character) => `&#${character.charCodeAt(0)};`)
    .replace(/@/g, '&#64;')
    .replace(/:\/\//g, ':&#8203;//')
}

/** As code, which knows no escapes: what would end it is replaced. */
function code(value: string): string {
  return `\`${value.replace(/[\r\n`]+/g, ' ').replaceAll('|', '\\|')}\``
}
