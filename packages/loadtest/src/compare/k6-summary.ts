import { z } from 'zod'

/** One metric of a summary that k6 wrote. */
export interface SummaryMetric {
  readonly name: string
  readonly type: 'trend' | 'counter' | 'rate' | 'gauge'
  /** `time`: ms. `data`: bytes. */
  readonly contains: 'time' | 'data' | 'default'
  /** By k6's name of the statistic: `avg`, `med`, `p(95)`, `count`, `rate`, `value`. A rate is a share of 1. */
  readonly values: Readonly<Record<string, number>>
  /** Whether each threshold held. */
  readonly thresholds: Readonly<Record<string, boolean>>
}

/** A summary that k6 made without us, in whichever of its three forms. */
export interface K6Summary {
  /** `--summary-export`, the `data` of `handleSummary`, or `--summary-export` with K6_NEW_MACHINE_READABLE_SUMMARY. */
  readonly form: 'summary-export' | 'handleSummary' | 'machine-readable'
  readonly metrics: readonly SummaryMetric[]
}

const numbers = z.record(z.string(), z.number())
const kinds = { type: z.enum(['trend', 'counter', 'rate', 'gauge']), contains: z.string().default('default') }

/** https://grafana.com/docs/k6/latest/results-output/end-of-test/custom-summary/#summary-data-reference */
const handleSummaryForm = z.looseObject({
  metrics: z.record(
    z.string(),
    z.looseObject({
      ...kinds,
      values: numbers,
      thresholds: z.record(z.string(), z.looseObject({ ok: z.boolean() })).default({}),
    }),
  ),
})

const exportForm = z.looseObject({
  metrics: z.record(
    z.string(),
    z.looseObject({ thresholds: z.record(z.string(), z.boolean()).default({}) }).catchall(z.number()),
  ),
})

const machineMetric = z.looseObject({ name: z.string(), ...kinds, values: numbers })
const machineForm = z.looseObject({
  config: z.looseObject({ duration: z.number().optional() }).optional(),
  results: z.looseObject({
    metrics: z.array(machineMetric),
    checks: z.looseObject({ metrics: z.array(machineMetric).default([]) }).optional(),
  }),
})

/** @returns `undefined` for JSON that is no summary of k6's */
export function parseK6Summary(json: unknown): K6Summary | undefined {
  return fromMachineReadable(json) ?? fromHandleSummary(json) ?? fromExport(json)
}

function fromHandleSummary(json: unknown): K6Summary | undefined {
  const parsed = handleSummaryForm.safeParse(json)
  if (!parsed.success || Object.keys(parsed.data.metrics).length === 0) return undefined
  const metrics = Object.entries(parsed.data.metrics).map(([name, { type, contains, values, thresholds }]) => ({
    name,
    type,
    contains: unitOf(contains),
    values,
    thresholds: Object.fromEntries(Object.entries(thresholds).map(([expression, { ok }]) => [expression, ok])),
  }))
  return { form: 'handleSummary', metrics }
}

/** The old form has no types; they show in which values there are. `true` at a threshold means that it was crossed. */
function fromExport(json: unknown): K6Summary | undefined {
  const parsed = exportForm.safeParse(json)
  if (!parsed.success) return undefined
  const metrics = Object.entries(parsed.data.metrics).flatMap(([name, { thresholds, ...rest }]): SummaryMetric[] => {
    const values = rest as Record<string, number>
    const type = typeByValues(values)
    if (!type) return []
    const held = Object.fromEntries(Object.entries(thresholds).map(([expression, crossed]) => [expression, !crossed]))
    const shown = type === 'rate' ? { rate: values.value ?? 0 } : values
    return [{ name, type, contains: unitByName(name), values: shown, thresholds: held }]
  })
  return metrics.length === 0 ? undefined : { form: 'summary-export', metrics }
}

/** It names the checks apart, has no rate of counters, and leaves thresholds out (k6 1.8). */
function fromMachineReadable(json: unknown): K6Summary | undefined {
  const parsed = machineForm.safeParse(json)
  if (!parsed.success) return undefined
  const { results, config } = parsed.data
  const seconds = config?.duration
  const checks = (results.checks?.metrics ?? []).filter(({ name }) => name === 'checks_succeeded')
  const metrics = [...results.metrics, ...checks].map(({ name, type, contains, values }) => {
    const spelled = Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key.replace(/^p([\d.]+)$/, 'p($1)'), value]),
    )
    const count = spelled.count
    const perSecond = type === 'counter' && seconds && count !== undefined ? { rate: count / seconds } : {}
    const all = { ...spelled, ...perSecond }
    return {
      name: name === 'checks_succeeded' ? 'checks' : name,
      type,
      contains: unitOf(contains),
      values: all,
      thresholds: {},
    }
  })
  return { form: 'machine-readable', metrics }
}

function typeByValues(values: Readonly<Record<string, number>>): SummaryMetric['type'] | undefined {
  if ('passes' in values && 'fails' in values) return 'rate'
  if ('count' in values && 'rate' in values) return 'counter'
  if ('value' in values) return 'gauge'
  return Object.keys(values).length > 0 ? 'trend' : undefined
}

function unitOf(contains: string): SummaryMetric['contains'] {
  return contains === 'time' || contains === 'data' ? contains : 'default'
}

/** k6's own metrics; of a metric of the user's the old form does not tell. */
function unitByName(name: string): SummaryMetric['contains'] {
  if (/^(http_req_(?!failed)|iteration_duration|group_duration|ws_(connecting|session)|grpc_req)/.test(name))
    return 'time'
  return name.startsWith('data_') ? 'data' : 'default'
}
