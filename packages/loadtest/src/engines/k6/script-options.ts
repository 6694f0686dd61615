import type { ScriptInput } from './script-input.ts'

/** k6 takes whole numbers only; a rate of 0.5/s is 500 in 1,000 s. */
const longUnit = 1000

/** What k6 calls `options`: https://grafana.com/docs/k6/latest/using-k6/k6-options/reference/. No import: it runs inside k6. */
export function scriptOptions(plan: ScriptInput['plan']): Record<string, unknown> {
  return {
    scenarios: { visitors: { ...executor(plan), gracefulStop: `${plan.gracefulStopMs}ms` } },
    // Fewer tags are fewer time series. `scenario` is ours, set with every iteration: k6's own would say `visitors` everywhere.
    // `vu` is no tag but metadata: it says whose first request an iteration's lateness belongs to.
    systemTags: [
      'status',
      'name',
      'error',
      'error_code',
      'expected_response',
      'check',
      ...(plan.model === 'open' ? ['vu'] : []),
    ],
    summaryTrendStats: ['avg', 'min', 'med', 'max', 'p(90)', 'p(95)', 'p(99)', 'count'],
  }
}

function executor({
  executor,
  start,
  stages,
  users,
  gracefulRampDownMs,
}: ScriptInput['plan']): Record<string, unknown> {
  if (executor === 'ramping-vus') {
    return { executor, startVUs: start, gracefulRampDown: `${gracefulRampDownMs}ms`, stages: k6Stages(stages, 1) }
  }
  const factor = [start, ...stages.map(({ target }) => target)].every(Number.isInteger) ? 1 : longUnit
  // All users are made before the load begins: making one in the middle of it would cost what the others need.
  const pool = { executor, timeUnit: `${factor}s`, preAllocatedVUs: users, maxVUs: users }
  if (executor === 'ramping-arrival-rate') {
    return { ...pool, startRate: Math.round(start * factor), stages: k6Stages(stages, factor) }
  }
  const [only] = stages
  return { ...pool, rate: Math.round((only?.target ?? 0) * factor), duration: `${only?.durationMs ?? 0}ms` }
}

function k6Stages(stages: ScriptInput['plan']['stages'], factor: number): { duration: string; target: number }[] {
  return stages.map(({ durationMs, target }) => ({ duration: `${durationMs}ms`, target: Math.round(target * factor) }))
}
