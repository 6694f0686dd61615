import type { SqlCheck } from '../check.ts'
import sql from './connections.sql'

export const connections: SqlCheck = {
  id: 'connections',
  title: 'Connections',
  sql,
  unit: '%',
  threshold: ({ alerts }) => ({
    warning: alerts.warning.databaseConnectionsPercent,
    critical: alerts.critical.databaseConnectionsPercent,
  }),
  parameters: ({ alerts }) => [alerts.warning.databaseConnectionsPercent, alerts.critical.databaseConnectionsPercent],
  fine: 'no connection is in use',
  readsSessions: true,
}
