import type { SqlCheck } from '../check.ts'
import sql from './idle-in-transaction.sql'

export const idleInTransaction: SqlCheck = {
  id: 'idle-in-transaction',
  title: 'Idle in transaction',
  sql,
  unit: 's',
  threshold: ({ health }) => ({ warning: health.idleInTransaction.warningSeconds }),
  parameters: ({ health }) => [health.idleInTransaction.warningSeconds, health.idleInTransaction.warningCount],
  fine: 'none for long',
  readsSessions: true,
}
