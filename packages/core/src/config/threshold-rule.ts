import { ExitCode, JourneysError } from '../errors.ts'
import { durationMs } from './duration.ts'
import { parseThreshold, type Threshold } from './threshold.ts'
import { parseThresholdKey, type ThresholdKey } from './threshold-key.ts'

/** One threshold as the configuration has it: k6's short and long form. */
export type ThresholdSetting =
  | string
  | {
      readonly threshold: string
      readonly abortOnFail?: boolean | undefined
      readonly delayAbortEval?: string | number | undefined
    }

/** By key: a metric, or a part of it by tags. An empty list asks for nothing. */
export type ThresholdSettings = Readonly<Record<string, ThresholdSetting | readonly ThresholdSetting[]>>

/** One threshold, read. */
export interface ThresholdRule extends ThresholdKey {
  /** As written: `http_req_duration{scenario:journal_creation}`. */
  readonly key: string
  /** As written: `p(95)<200`. */
  readonly expression: string
  readonly threshold: Threshold
  /** Its being crossed ends the run. */
  readonly abortOnFail: boolean
  /** Not in the first so many ms of the load: what is judged then is judged on too little. */
  readonly delayAbortEvalMs: number
}

/**
 * Reads all thresholds of a section of the configuration, in its order.
 * @throws JourneysError `invalid_threshold` (exit 2) about the first that is wrong
 */
export function resolveThresholds(settings: ThresholdSettings): ThresholdRule[] {
  return Object.entries(settings).flatMap(([key, value]) => {
    const parsed = parseThresholdKey(key)
    return settingsOf(value).map((setting) => resolveThreshold(key, parsed, setting))
  })
}

/** The thresholds of one key as a list, whichever way they were written. */
export function settingsOf(value: ThresholdSettings[string]): readonly ThresholdSetting[] {
  return Array.isArray(value) ? value : [value as ThresholdSetting]
}

function resolveThreshold(key: string, parsed: ThresholdKey, setting: ThresholdSetting): ThresholdRule {
  const {
    threshold: expression,
    abortOnFail = false,
    delayAbortEval = 0,
  } = typeof setting === 'string' ? { threshold: setting } : setting
  // A bare number is milliseconds, as in k6.
  const delayAbortEvalMs = typeof delayAbortEval === 'number' ? delayAbortEval : durationMs(delayAbortEval)
  if (delayAbortEvalMs === undefined || !(delayAbortEvalMs >= 0)) {
    throw new JourneysError(
      'invalid_threshold',
      `"${delayAbortEval}" is not a time to wait before "${expression}" may end a run`,
      {
        hint: 'write delayAbortEval as k6 does: 10s, 1m30s',
        exitCode: ExitCode.usage,
      },
    )
  }
  return {
    ...parsed,
    key,
    expression,
    threshold: parseThreshold(expression, parsed.metric),
    abortOnFail,
    delayAbortEvalMs,
  }
}
