import type { SqlCheck } from '../check.ts'
import sql from './invalid-indexes.sql'

export const invalidIndexes: SqlCheck = {
  id: 'invalid-indexes',
  title: 'Invalid indexes',
  sql,
  fine: 'none',
}
