import type { SqlCheck } from '../check.ts'
import sql from './cache-hit-rate.sql'

/** 800 MB of 8 kB pages: a database that has read less is still warming up. */
const fewReads = 100_000

export const cacheHitRate: SqlCheck = {
  id: 'cache-hit-rate',
  title: 'Cache hit rate',
  sql,
  unit: '%',
  threshold: ({ alerts }) => ({ warning: alerts.warning.cacheHitRatePercent }),
  parameters: ({ alerts, slo }) => [alerts.warning.cacheHitRatePercent, slo.cacheHitRatePercent, fewReads],
  fine: 'no read was counted yet',
}
