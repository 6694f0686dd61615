import type { Builder } from 'junit-report-builder'
import type { LoadTestResult, ThresholdResult } from '../result.ts'
import { figureText } from '../verdict/figure-text.ts'

/**
 * JUnit's XML, as Jenkins, GitLab and GitHub's actions read it: one test case for each threshold, one for the verdict as a
 * whole. Something fails in it exactly when the command does: the verdict's case fails with `fail`, and is an error when
 * the run could not tell (`invalid`, `inconclusive`). A threshold that only warns never fails.
 */
export async function renderJUnit(result: LoadTestResult): Promise<string> {
  // Large, and needed by few.
  const { default: exported } = await import('junit-report-builder')
  // Its types speak of an ES module; what Node gives is a CommonJS module's exports, which are the builder itself.
  const junit = exported as unknown as Builder
  const report = junit.newBuilder().name('journeys loadtest')
  const suite = report
    .testSuite()
    .name(`loadtest ${result.profile} on ${result.environment.name}`)
    .timestamp(result.startedAt)
    .time(seconds(result))
  for (const [name, value] of properties(result)) suite.property(name, value)

  const className = `loadtest.${result.profile}`
  const verdict = suite.testCase().className(className).name('verdict').time(seconds(result))
  const reasons = [...result.reasons, ...result.warnings.map((warning) => `warning: ${warning}`)]
    .map(logText)
    .join('\n')
  if (result.exitCode === 0) verdict.standardOutput(reasons)
  else if (result.verdict === 'fail' && !result.interrupted)
    verdict.failure(result.reasons[0] ?? 'fail', 'fail').stacktrace(reasons)
  else verdict.error(result.reasons[0] ?? result.verdict, result.interrupted ? 'interrupted' : result.verdict, reasons)

  for (const threshold of result.thresholds) {
    const { scenario, ok, level, note } = threshold
    const test = suite
      .testCase()
      .className(`${className}.${scenario ?? 'all_scenarios'}`)
      .name(caseName(threshold))
      .time(0)
    const measured = measuredText(threshold)
    if (ok === null) test.skipped().standardOutput(logText(`not judged: ${note ?? 'nothing was measured'}`))
    else if (ok) test.standardOutput(logText(measured))
    else if (level === 'warning') test.standardOutput(logText(`warning: ${measured}`))
    else test.failure(measured, threshold.metric)
  }
  return report.build()
}

function caseName({ title, key, expression, phase, level }: ThresholdResult): string {
  const where = [phase, level === 'warning' && 'only warns'].filter(Boolean).join(', ')
  return `${title}${where && ` (${where})`} [${key}: ${expression}]`
}

function measuredText({ title, metric, expression, value, ok, whole }: ThresholdResult): string {
  const over = whole ? `, over the whole run ${figureText(metric, expression, whole.value)}` : ''
  return `${title}: ${ok ? 'holds' : 'does not hold'}, it was ${figureText(metric, expression, value)}${over}`
}

function properties(result: LoadTestResult): [string, string][] {
  return [
    ['run', result.id],
    ['verdict', result.interrupted ? 'interrupted' : result.verdict],
    ['environment', result.environment.name],
    ['target', result.environment.url],
    ['engine', `${result.engine.name} ${result.engine.version}`],
    ['command', result.command],
  ]
}

function seconds({ durationMs }: LoadTestResult): number {
  return Math.round(durationMs) / 1000
}

/** For a CDATA section: xmlbuilder parts only the first of several ends in one text, the second would end the section. */
function logText(text: string): string {
  return text.replaceAll(']]>', ']]\u200b>')
}
