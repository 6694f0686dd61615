import { ExitCode, JourneysError } from '../errors.ts'
import { suggestion } from './suggestion.ts'
import { type ThresholdMetric, thresholdMetrics } from './threshold.ts'

/** Which samples a threshold looks at, under k6's names; `phase` is ours. */
export type ThresholdTag = 'scenario' | 'phase' | 'name' | 'status' | 'expected_response'

const ofRequests: readonly ThresholdTag[] = ['scenario', 'phase', 'name', 'status', 'expected_response']

/** What the samples of a metric are told apart by. */
const tagsOf: Record<ThresholdMetric, readonly ThresholdTag[]> = {
  http_req_duration: ofRequests,
  http_req_failed: ofRequests,
  http_reqs: ofRequests,
  checks: ['scenario', 'phase'],
  iterations: ['scenario', 'phase'],
  dropped_iterations: ['phase'],
}

export interface ThresholdKey {
  readonly metric: ThresholdMetric
  /** Only samples with all of these; none: every sample of the judged part. */
  readonly tags: Readonly<Partial<Record<ThresholdTag, string>>>
}

/**
 * Reads what a threshold is set on: `http_req_duration`, or a part of it in k6's spelling,
 * `http_req_duration{scenario:journal_creation,phase:during}`.
 * https://grafana.com/docs/k6/latest/using-k6/thresholds/#set-thresholds-for-specific-tags
 * @throws JourneysError `invalid_threshold` (exit 2) that names the metrics or tags there are
 */
export function parseThresholdKey(key: string): ThresholdKey {
  const [, name, inner] = /^([^{}]*)(?:\{(.*)\})?$/.exec(key.trim()) ?? []
  if (name === undefined) {
    throw invalid(key, 'has a brace that does not belong there', 'write it as k6 does: http_req_duration{phase:during}')
  }
  if (!Object.hasOwn(thresholdMetrics, name)) {
    throw invalid(key, 'is on a metric that there is not', suggestion(name, Object.keys(thresholdMetrics)))
  }
  const metric = name as ThresholdMetric
  return { metric, tags: inner === undefined ? {} : parseTags(key, metric, inner) }
}

function parseTags(key: string, metric: ThresholdMetric, text: string): ThresholdKey['tags'] {
  const tags: Partial<Record<ThresholdTag, string>> = {}
  for (const pair of text.split(',')) {
    const colon = pair.indexOf(':')
    const tag = unquoted(pair.slice(0, Math.max(0, colon)))
    const value = unquoted(pair.slice(colon + 1))
    if (colon < 0 || tag === '' || value === '') {
      throw invalid(
        key,
        `has the tag "${pair.trim()}"`,
        'a tag is written name:value, as in {scenario:journal_creation}',
      )
    }
    if (!tagsOf[metric].includes(tag as ThresholdTag)) {
      throw invalid(key, `has the tag ${tag}`, `${metric} can be told apart by: ${tagsOf[metric].join(', ')}`)
    }
    if (tags[tag as ThresholdTag] !== undefined) {
      throw invalid(key, `has the tag ${tag} twice`, 'a sample has one value of each tag')
    }
    checkValue(key, tag as ThresholdTag, value)
    tags[tag as ThresholdTag] = value
  }
  return tags
}

function checkValue(key: string, tag: ThresholdTag, value: string): void {
  if (tag === 'status' && !/^(?:0|[1-5]\d\d)$/.test(value)) {
    throw invalid(key, `has the status ${value}`, 'a status is 100 to 599, or 0 for a request without an answer')
  }
  if (tag === 'expected_response' && value !== 'true' && value !== 'false') {
    throw invalid(key, `has expected_response:${value}`, 'it is true (answered 200 to 399) or false')
  }
}

/** As k6 does: blanks and quotes around a tag's name and value are no part of them. */
function unquoted(text: string): string {
  return text.trim().replace(/^["']+|["']+$/g, '')
}

function invalid(key: string, what: string, hint: string): JourneysError {
  return new JourneysError('invalid_threshold', `threshold key "${key}" ${what}`, { hint, exitCode: ExitCode.usage })
}
