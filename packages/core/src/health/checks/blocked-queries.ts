import type { SqlCheck } from '../check.ts'
import sql from './blocked-queries.sql'

export const blockedQueries: SqlCheck = {
  id: 'blocked-queries',
  title: 'Blocked queries',
  sql,
  unit: 's',
  threshold: ({ health }) => ({
    warning: health.blockedQueries.warningSeconds,
    critical: health.blockedQueries.criticalSeconds,
  }),
  parameters: ({ health }) => [health.blockedQueries.warningSeconds, health.blockedQueries.criticalSeconds],
  fine: 'none',
  readsSessions: true,
}
