import type { MetricFigures } from '@journeys/core/ops'
import type { RequestFigures } from '../result.ts'
import { LatencyHistogram } from './latency-histogram.ts'

/** Requests of one part of a run: a scenario in its steady phase, say, or everything. */
export class Part {
  readonly latency = new LatencyHistogram()
  requests = 0
  errors = 0
  limited = 0
  iterations = 0
  checksPassed = 0
  checksFailed = 0

  /**
   * @param durationMs 0 for a request that never reached the server (connection refused): it has failed, but it has no
   * latency that could make the percentiles look better
   */
  add(status: number, failed: boolean, durationMs: number): void {
    this.requests++
    if (failed) this.errors++
    if (status === 429) this.limited++
    if (status !== 0 || durationMs > 0) this.latency.record(durationMs)
  }

  /** @param seconds over which the rate is taken */
  figures(seconds: number): RequestFigures {
    const { requests, errors, limited } = this
    const base = { requests, rate: seconds > 0 ? requests / seconds : 0, errors, limited }
    const latency = this.latency.figures
    if (!latency) return base
    const at = (percentile: number) => this.latency.percentile(percentile) as number
    return { ...base, ...latency, p50: at(50), p90: at(90), p95: at(95), p99: at(99) }
  }

  /** What a threshold on one of k6's metrics may ask of this part. */
  metric(
    name: 'http_req_duration' | 'http_req_failed' | 'http_reqs' | 'checks' | 'iterations',
    seconds: number,
  ): MetricFigures {
    const perSecond = (count: number) => (seconds > 0 ? count / seconds : undefined)
    const checks = this.checksPassed + this.checksFailed
    switch (name) {
      case 'http_req_duration':
        return {
          ...this.latency.figures,
          med: this.latency.percentile(50),
          percentile: (percentile) => this.latency.percentile(percentile),
        }
      case 'http_req_failed':
        return { rate: this.requests === 0 ? undefined : this.errors / this.requests }
      case 'http_reqs':
        return { count: this.requests, rate: perSecond(this.requests) }
      case 'checks':
        return { rate: checks === 0 ? undefined : this.checksPassed / checks }
      case 'iterations':
        return { count: this.iterations, rate: perSecond(this.iterations) }
    }
  }
}
