import type { SqlCheck } from '../check.ts'
import sql from './wraparound.sql'

export const wraparound: SqlCheck = {
  id: 'wraparound',
  title: 'Transaction ids',
  sql,
  unit: '%',
  threshold: ({ health }) => ({
    warning: health.wraparound.warningPercent,
    critical: health.wraparound.criticalPercent,
  }),
  parameters: ({ health }) => [health.wraparound.warningPercent, health.wraparound.criticalPercent],
  fine: 'no database was found',
}
