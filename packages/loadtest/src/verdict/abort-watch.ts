import { evaluateThreshold, type ThresholdRule } from '@journeys/core/ops'
import type { LoadWatch } from '../analysis/load-watch.ts'
import type { LoadPlan } from '../profiles/plan.ts'
import type { Recorder } from '../recorder/recorder.ts'
import { judgedSpans, phaseSpans, secondsOf } from './phase-span.ts'

/** k6 looks as often: https://grafana.com/docs/k6/latest/using-k6/thresholds/#abort-a-test-when-a-threshold-is-crossed */
const everyMs = 2_000

/**
 * Ends a run when a threshold with `abortOnFail` is crossed. Untagged ones are looked at on the judged part so far; use
 * `delayAbortEval` for one that every beginning crosses (`count>1000`).
 */
export class AbortWatch implements LoadWatch {
  readonly #plan: LoadPlan
  readonly #recorder: Recorder
  readonly #rules: readonly ThresholdRule[]
  #lookedAt = 0
  /** The rule that ended the run. */
  abortedBy: ThresholdRule | undefined

  constructor(plan: LoadPlan, recorder: Recorder, rules: readonly ThresholdRule[]) {
    this.#plan = plan
    this.#recorder = recorder
    this.#rules = rules.filter(({ abortOnFail }) => abortOnFail)
  }

  check({ elapsedMs }: { elapsedMs: number }): string | undefined {
    if (elapsedMs < this.#lookedAt + everyMs) return undefined
    this.#lookedAt = elapsedMs
    this.abortedBy = this.#rules.find((rule) => elapsedMs >= rule.delayAbortEvalMs && this.#crossed(rule, elapsedMs))
    return this.abortedBy && `${this.abortedBy.key} ${this.abortedBy.expression} was crossed`
  }

  #crossed(rule: ThresholdRule, elapsedMs: number): boolean {
    const tagged = Object.keys(rule.tags).length > 0
    const part = tagged ? this.#recorder.submetrics.of(rule) : this.#recorder.total.judged
    const spans = phaseSpans(this.#plan, elapsedMs)
    const own =
      rule.tags.phase === undefined ? judgedSpans(spans) : spans.filter(({ phase }) => phase === rule.tags.phase)
    const seconds = tagged && rule.tags.phase === undefined ? elapsedMs / 1000 : secondsOf(own)
    if (!part || part.requests + part.dropped === 0 || seconds <= 0) return false
    return evaluateThreshold(rule.threshold, part.metric(rule.metric, seconds))?.ok === false
  }
}
