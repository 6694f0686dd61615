import { environmentFlag, type SqlCheck } from '../check.ts'
import sql from './holds-and-restrictions.sql'

export const holdsAndRestrictions: SqlCheck = {
  id: 'holds-and-restrictions',
  title: 'Holds and restrictions',
  sql,
  fine: 'every table of a person is guarded, and no hold waits for a review',
  remediation: (context) => `journeys gdpr hold list --due${environmentFlag(context)}`,
}
