import type { Suspect } from './culprit.ts'
import type { Evidence } from './evidence.ts'

export function connections({ database }: Evidence): Suspect | undefined {
  if (database === undefined) return undefined
  const { limit, peak, applications } = database.side.connections
  if (peak < limit * 0.9) return undefined
  const most = applications.slice(0, 3).map((one) => `${one.application} ${one.peak}`)
  return {
    kind: 'connections',
    severity: peak >= limit ? 'critical' : 'warning',
    title: `The database has almost no connection left: ${peak} of ${limit}`,
    detail: `At ${limit} it refuses new ones (53300). Most are held by: ${most.join(', ')}.`,
    hint: 'Give the applications smaller pools, or put a pooler in front; journeys health --only connections tells who holds them.',
    weight: 0.9,
  }
}
