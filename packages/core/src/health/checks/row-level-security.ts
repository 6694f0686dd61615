import type { SqlCheck } from '../check.ts'
import sql from './row-level-security.sql'

export const rowLevelSecurity: SqlCheck = {
  id: 'row-level-security',
  title: 'Row level security',
  sql,
  fine: 'on for every exposed table',
}
