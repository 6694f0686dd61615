import { environmentFlag, type SqlCheck } from '../check.ts'
import sql from './retention.sql'

export const retention: SqlCheck = {
  id: 'retention',
  title: 'Retention',
  sql,
  unit: 'days',
  threshold: ({ health }) => ({ warning: health.retention.maxAgeDays }),
  parameters: ({ health }) => [health.retention.maxAgeDays],
  fine: 'no run was recorded',
  remediation: (context) => `journeys retention run${environmentFlag(context)} --confirm ${context.environment.name}`,
}
