import { environmentFlag, type SqlCheck } from '../check.ts'
import sql from './partitions.sql'

export const partitions: SqlCheck = {
  id: 'partitions',
  title: 'Partitions',
  sql,
  parameters: ({ retention }) => [retention.monthsAhead],
  fine: 'every month has one, as far ahead as retention.monthsAhead says',
  remediation: (context) => `journeys retention run${environmentFlag(context)} --confirm ${context.environment.name}`,
}
