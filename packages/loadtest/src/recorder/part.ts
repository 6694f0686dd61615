import type { MetricFigures, ThresholdMetric } from '@journeys/core/ops'
import type { CheckFigures, FailureKind, RequestFigures } from '../result.ts'
import { LatencyHistogram } from './latency-histogram.ts'

/** Requests of one part of a run: a scenario in one phase, say, or everything. */
export class Part {
  readonly latency = new LatencyHistogram()
  requests = 0
  iterations = 0
  dropped = 0
  checksPassed = 0
  checksFailed = 0
  readonly #failed: Record<FailureKind, number> = { limited: 0, server: 0, client: 0, network: 0 }

  get errors(): number {
    const { limited, server, client, network } = this.#failed
    return limited + server + client + network
  }

  get limited(): number {
    return this.#failed.limited
  }

  get checks(): CheckFigures {
    return { passed: this.checksPassed, failed: this.checksFailed }
  }

  /**
   * @param durationMs 0 for a request that never reached the server (connection refused): it has failed, but it has no
   * latency that could make the percentiles look better
   */
  add(status: number, failed: boolean, durationMs: number): void {
    this.requests++
    if (failed) this.#failed[failureKind(status)]++
    if (status !== 0 || durationMs > 0) this.latency.record(durationMs)
  }

  addCheck(passed: boolean): void {
    if (passed) this.checksPassed++
    else this.checksFailed++
  }

  /** @param seconds over which the rate is taken */
  figures(seconds: number): RequestFigures {
    const { requests, errors } = this
    const { limited, server, client, network } = this.#failed
    const base = {
      requests,
      rate: seconds > 0 ? requests / seconds : 0,
      errors,
      limited,
      serverErrors: server,
      clientErrors: client,
      networkErrors: network,
    }
    const latency = this.latency.figures
    if (!latency) return base
    const at = (percentile: number) => this.latency.percentile(percentile) as number
    return { ...base, ...latency, p50: at(50), p90: at(90), p95: at(95), p99: at(99) }
  }

  /** What a threshold on one of k6's metrics may ask of this part. */
  metric(name: ThresholdMetric, seconds: number): MetricFigures {
    const counted = (count: number) => ({ count, rate: seconds > 0 ? count / seconds : undefined })
    const share = (part: number, all: number) => ({ rate: all === 0 ? undefined : part / all })
    switch (name) {
      case 'http_req_duration':
        return {
          ...this.latency.figures,
          med: this.latency.percentile(50),
          percentile: (percentile) => this.latency.percentile(percentile),
        }
      case 'http_req_failed':
        return share(this.errors, this.requests)
      case 'http_reqs':
        return counted(this.requests)
      case 'checks':
        return share(this.checksPassed, this.checksPassed + this.checksFailed)
      case 'iterations':
        return counted(this.iterations)
      case 'dropped_iterations':
        return counted(this.dropped)
    }
  }
}

/** @param status of a request that failed; 0: no answer */
export function failureKind(status: number): FailureKind {
  if (status === 0) return 'network'
  if (status === 429) return 'limited'
  return status >= 500 ? 'server' : 'client'
}
