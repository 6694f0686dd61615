import type { LoadTestResult, RequestFigures, Verdict } from '../result.ts'

const verdicts: readonly Verdict[] = ['pass', 'warn', 'fail', 'inconclusive', 'invalid']

/**
 * Prometheus' text format, for a push gateway or node_exporter's textfile collector: the figures of this run's judged part
 * as gauges, for they are of one run and do not count on.
 * https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */
export async function renderPrometheus(result: LoadTestResult): Promise<string> {
  // A CommonJS module: bundled and in Node alike it is there as a whole as the default.
  const { default: prom } = await import('prom-client')
  const registry = new prom.Registry()
  registry.setDefaultLabels({ environment: result.environment.name, profile: result.profile })
  const gauge: AddGauge = (name, help, labels, samples) => {
    const metric = new prom.Gauge({
      name: `journeys_loadtest_${name}`,
      help,
      labelNames: labels,
      registers: [registry],
    })
    // With an empty list the metric would still say 0: nothing measured is not 0.
    if (samples.length === 0) registry.removeSingleMetric(`journeys_loadtest_${name}`)
    for (const [values, value] of samples) metric.set(values, value)
  }
  run(result, gauge)
  requests(result, gauge)
  thresholds(result, gauge)
  answers(result, gauge)
  return registry.metrics()
}

type Sample = readonly [labels: Record<string, string>, value: number]
type AddGauge = (name: string, help: string, labels: string[], samples: readonly Sample[]) => void

function run(result: LoadTestResult, gauge: AddGauge): void {
  const { engine, id, total } = result
  gauge(
    'info',
    'The run that the other metrics are of.',
    ['run', 'engine', 'engine_version'],
    [[{ run: id, engine: engine.name, engine_version: engine.version }, 1]],
  )
  gauge(
    'verdict',
    'What the run came to: 1 for that verdict, 0 for the others.',
    ['verdict'],
    [...verdicts.map((verdict): Sample => [{ verdict }, Number(verdict === result.verdict)])],
  )
  gauge('interrupted', '1 when the run was interrupted.', [], [[{}, Number(result.interrupted)]])
  gauge('start_time_seconds', 'When the load began, in Unix time.', [], [[{}, Date.parse(result.startedAt) / 1000]])
  gauge('duration_seconds', 'How long the load lasted.', [], [[{}, result.durationMs / 1000]])
  gauge('judged_seconds', 'How long the judged part lasted.', [], [[{}, result.judgedSeconds]])
  gauge('users', 'Users at once, as planned.', [], [[{}, result.users]])
  gauge('iterations', 'Iterations of the whole run.', [], [[{}, total.iterations]])
  gauge('dropped_iterations', 'Planned iterations that found no free user.', [], [[{}, total.dropped]])
}

function requests(result: LoadTestResult, gauge: AddGauge): void {
  const parts: [scenario: string, figures: RequestFigures][] = [
    ['', result.total],
    ...result.scenarios.map((scenario): [string, RequestFigures] => [scenario.name, scenario]),
  ]
  const each = (value: (figures: RequestFigures) => number | undefined): Sample[] =>
    parts.flatMap(([scenario, figures]): Sample[] => {
      const measured = value(figures)
      return measured === undefined ? [] : [[{ scenario }, measured]]
    })
  gauge(
    'requests',
    'Requests of the judged part; an empty scenario is all of them.',
    ['scenario'],
    each((part) => part.requests),
  )
  gauge(
    'requests_per_second',
    'Requests per second of the judged part.',
    ['scenario'],
    each((part) => part.rate),
  )
  gauge(
    'failed_requests',
    'Requests of the judged part that failed, by kind.',
    ['scenario', 'kind'],
    parts.flatMap(([scenario, part]) =>
      Object.entries({
        limited: part.limited,
        server: part.serverErrors,
        client: part.clientErrors,
        network: part.networkErrors,
      }).map(([kind, value]): Sample => [{ scenario, kind }, value]),
    ),
  )
  const stats = ['avg', 'min', 'max', 'p50', 'p90', 'p95', 'p99'] as const
  gauge(
    'response_time_seconds',
    'How long answers took in the judged part.',
    ['scenario', 'stat'],
    parts.flatMap(([scenario, part]) =>
      stats.flatMap((stat): Sample[] => {
        const ms = part[stat]
        return ms === undefined ? [] : [[{ scenario, stat }, ms / 1000]]
      }),
    ),
  )
}

function thresholds(result: LoadTestResult, gauge: AddGauge): void {
  gauge(
    'threshold_met',
    '1 when the threshold holds, 0 when it does not; absent when it was not judged.',
    ['threshold', 'scenario', 'phase', 'level'],
    result.thresholds.flatMap(({ key, expression, scenario = '', phase = '', level, ok }): Sample[] =>
      ok === null ? [] : [[{ threshold: `${key}: ${expression}`, scenario, phase, level }, Number(ok)]],
    ),
  )
}

/** What the profile was run for. */
function answers({ analysis }: LoadTestResult, gauge: AddGauge): void {
  const one = (name: string, help: string, value: number | undefined) =>
    gauge(name, help, [], value === undefined ? [] : [[{}, value]])
  if (analysis?.kind === 'stress') {
    one('capacity_iterations_per_second', 'The highest rate that held.', analysis.capacity?.iterationsPerSecond)
    one(
      'capacity_requests_per_second',
      'The highest rate that held, in requests.',
      analysis.capacity?.requestsPerSecond,
    )
  }
  if (analysis?.kind === 'spike') {
    one('recovery_seconds', 'From the end of the rush until the service level was met again.', analysis.secondsToSlo)
  }
  if (analysis?.kind === 'recovery') {
    one('first_success_seconds', 'From the fault to the first good answer.', analysis.secondsToFirstSuccess)
    one('recovery_seconds', 'From the fault until the service level was met again.', analysis.secondsToSlo)
    one('lost_writes', 'Writes that were confirmed and are not there.', analysis.lostWrites?.lost)
  }
  if (analysis?.kind === 'soak') {
    one('response_time_drift_ratio', 'How much p95 grew from begin to end.', analysis.p95 && analysis.p95.percent / 100)
  }
}
