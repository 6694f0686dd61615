import { environmentFlag, type SqlCheck } from '../check.ts'
import sql from './retired-months.sql'

export const retiredMonths: SqlCheck = {
  id: 'retired-months',
  title: 'Retired months',
  sql,
  unit: 'days',
  threshold: ({ health }) => ({ warning: health.retention.maxAgeDays }),
  parameters: ({ health }) => [health.retention.maxAgeDays],
  fine: 'none is past its grace period',
  remediation: (context) => `journeys retention run${environmentFlag(context)} --confirm ${context.environment.name}`,
}
