import type { SqlCheck } from '../check.ts'
import sql from './sequences.sql'

export const sequences: SqlCheck = {
  id: 'sequences',
  title: 'Sequences',
  sql,
  unit: '%',
  threshold: ({ health }) => ({ warning: health.sequences.warningPercent }),
  parameters: ({ health }) => [health.sequences.warningPercent],
  fine: 'none is near its end',
}
