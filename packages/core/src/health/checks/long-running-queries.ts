import type { SqlCheck } from '../check.ts'
import sql from './long-running-queries.sql'

export const longRunningQueries: SqlCheck = {
  id: 'long-running-queries',
  title: 'Long-running queries',
  sql,
  unit: 's',
  threshold: ({ health }) => ({ warning: health.longRunningQueries.warningSeconds }),
  parameters: ({ health }) => [health.longRunningQueries.warningSeconds],
  fine: 'none',
  readsSessions: true,
}
