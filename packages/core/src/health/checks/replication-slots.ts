import type { SqlCheck } from '../check.ts'
import sql from './replication-slots.sql'

export const replicationSlots: SqlCheck = {
  id: 'replication-slots',
  title: 'Replication slots',
  sql,
  unit: 'bytes',
  fine: 'none is inactive',
}
