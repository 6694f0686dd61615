import { milliseconds } from '../verdict/figure-text.ts'
import type { BaselineComparison, BaselineVerdict, ComparedSide, RequestChange } from './comparison.ts'
import { differenceText, fingerprintDifferences } from './fingerprint.ts'
import type { MeasuredRun } from './measured-run.ts'
import { allRequests, requestChanges } from './request-changes.ts'
import type { BaselineSettings } from './settings.ts'

export interface CompareOptions {
  /** The baseline's, for people. */
  readonly name: string
  readonly beforeName?: string
  readonly afterName?: string
  /** Compare although the fingerprints differ. @defaultValue false */
  readonly force?: boolean
}

/** More failed requests than before by so many points are worth a warning: their durations are among the others'. */
const errorPoints = 1

const method =
  'One-sided moderated t test on the logarithms of p50 and p95, run by run; noise within a run from blocks of time ' +
  '(Woodruff), between runs from the repeats and runNoisePercent; weighted Holm correction over all rows.'

/**
 * Whether the runs after are slower than the runs before, and whether that could be chance.
 * Never throws for what was measured: what cannot be compared is `inconclusive`, with the reason.
 */
export function compareRuns(
  before: readonly MeasuredRun[],
  after: readonly MeasuredRun[],
  settings: BaselineSettings,
  options: CompareOptions,
): BaselineComparison {
  const force = options.force ?? false
  const [first] = before
  const others = [...before, ...after]
  const differing = first && others.find((run) => fingerprintDifferences(first.fingerprint, run.fingerprint).length > 0)
  const differences = first && differing ? fingerprintDifferences(first.fingerprint, differing.fingerprint) : []
  const unusable = unusableReason(before, after)
  const comparable = !unusable && (differences.length === 0 || force)
  const changes = comparable ? requestChanges(before, after, settings) : []
  const common = {
    name: options.name,
    method,
    settings,
    before: side(options.beforeName ?? options.name, before),
    after: side(options.afterName ?? 'this run', after),
    differences,
    forced: force && differences.length > 0,
    changes,
  }
  if (unusable) return { ...common, verdict: 'inconclusive', reasons: [unusable], notes: [] }
  if (!comparable) {
    const reasons = [`not comparable: ${differences.map(differenceText).join('; ')}`]
    return { ...common, verdict: 'inconclusive', reasons, notes: ['--force compares all the same'] }
  }
  const { verdict, reasons } = judge(changes, settings, before, after)
  const notes = notesOn(changes, settings)
  if (common.forced) notes.unshift(`compared by force: ${differences.map(differenceText).join('; ')}`)
  return { ...common, verdict, reasons, notes }
}

/** The comparison of a run for which there is no baseline yet. */
export function noBaseline(
  name: string,
  after: readonly MeasuredRun[],
  settings: BaselineSettings,
  afterName = 'this run',
): BaselineComparison {
  return {
    name,
    verdict: 'no-baseline',
    reasons: [`there is no baseline "${name}" to compare with`],
    notes: [`journeys loadtest baseline save ${name} makes one of this run`],
    method,
    settings,
    after: side(afterName, after),
    differences: [],
    forced: false,
    changes: [],
  }
}

function judge(
  changes: readonly RequestChange[],
  settings: BaselineSettings,
  before: readonly MeasuredRun[],
  after: readonly MeasuredRun[],
): { verdict: BaselineVerdict; reasons: string[] } {
  const of = (verdict: RequestChange['verdict']) => changes.filter((change) => change.verdict === verdict)
  const limit = `${settings.maxSlowdownPercent} %`
  const slower = of('slower')
  if (slower.length > 0) {
    return { verdict: 'fail', reasons: slower.map((change) => `${changeText(change)}; the limit is ${limit}`) }
  }
  const repeat = `more repeats (--repeat ${Math.max(3, after.length + 2)}) would tell`
  const suspect = of('suspect')
  if (suspect.length > 0) {
    const reasons = suspect.map((change) => `${changeText(change)}, but that can be chance`)
    return { verdict: 'inconclusive', reasons: [...reasons, repeat] }
  }
  const tested = changes.filter(({ verdict }) => verdict !== 'untested')
  if (tested.length === 0) {
    const reason = `no request has ${settings.minSamples} answers in every run of both sides`
    return { verdict: 'inconclusive', reasons: [reason, 'a longer run (--duration) would have them'] }
  }
  // Where the mean of all is not blind, a slower server is seen; one request alone is then named in the notes.
  const together = tested.filter(({ request }) => request === allRequests)
  if ((together.length > 0 ? together : tested).every(({ verdict }) => verdict === 'blind')) {
    const reason = `the answers vary so much that ${2 * settings.maxSlowdownPercent} % slower could not be told from chance`
    return { verdict: 'inconclusive', reasons: [reason, repeat] }
  }
  const creeping = of('creeping').map((change) => `${changeText(change)}; that is within the limit of ${limit}`)
  const warnings = [...creeping, ...errorReasons(before, after)]
  if (warnings.length > 0) return { verdict: 'warn', reasons: warnings }
  return { verdict: 'pass', reasons: [`no request is slower than the baseline by more than ${limit}`] }
}

/** `POST journal_entries: p95 412 ms, was 332 ms: 24.1 % slower (at least 12.0 %)` */
function changeText({ request, percentile, beforeMs, afterMs, changePercent, interval }: RequestChange): string {
  const least = interval && interval.lowPercent > 0 ? ` (at least ${interval.lowPercent.toFixed(1)} %)` : ''
  const change = `${(changePercent ?? 0).toFixed(1)} % slower${least}`
  return `${request}: p${percentile} ${milliseconds(afterMs)}, was ${milliseconds(beforeMs)}: ${change}`
}

function notesOn(changes: readonly RequestChange[], settings: BaselineSettings): string[] {
  const named = (verdict: RequestChange['verdict']) =>
    changes.filter((change) => change.verdict === verdict).map(({ request, percentile }) => `${request} p${percentile}`)
  const blind = named('blind')
  const untested = new Map<string, Set<string>>()
  for (const { request, verdict, note = 'not judged' } of changes) {
    if (verdict === 'untested') untested.set(note, (untested.get(note) ?? new Set()).add(request))
  }
  const seeable = 2 * settings.maxSlowdownPercent
  return [
    ...(blind.length > 0 ? [`too noisy to see a slowdown of ${seeable} %: ${blind.join(', ')}`] : []),
    ...[...untested].map(([note, requests]) => `${[...requests].join(', ')}: ${note}`),
  ]
}

function errorReasons(before: readonly MeasuredRun[], after: readonly MeasuredRun[]): string[] {
  const share = (runs: readonly MeasuredRun[]) => {
    const all = runs.flatMap(({ requests }) => requests)
    const answers = all.reduce((sum, { requests }) => sum + requests, 0)
    return answers === 0 ? 0 : (100 * all.reduce((sum, { errors }) => sum + errors, 0)) / answers
  }
  const [was, is] = [share(before), share(after)]
  if (is - was < errorPoints) return []
  return [`${is.toFixed(1)} % of the requests failed, ${was.toFixed(1)} % before`]
}

function unusableReason(before: readonly MeasuredRun[], after: readonly MeasuredRun[]): string | undefined {
  if (before.length === 0 || after.length === 0) return 'there is no run to compare'
  for (const run of [...after, ...before]) {
    if (run.interrupted) return `the run ${run.id} was interrupted: its figures are of another load`
    if (run.verdict === 'invalid') return `the run ${run.id} is invalid: its figures say nothing about the server`
  }
  return undefined
}

function side(name: string, runs: readonly MeasuredRun[]): ComparedSide {
  return { name, runs: runs.map(({ id, startedAt }) => ({ id, startedAt })) }
}
