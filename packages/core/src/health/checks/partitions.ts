import type { SqlCheck } from '../check.ts'
import sql from './partitions.sql'

export const partitions: SqlCheck = {
  id: 'partitions',
  title: 'Partitions',
  sql,
  fine: 'every month has one, three months ahead',
}
