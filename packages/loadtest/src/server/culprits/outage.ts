import type { Suspect } from './culprit.ts'
import type { Evidence } from './evidence.ts'
import { counted, figure } from './figure.ts'

/** The database was away. */
export function outage({ database }: Evidence): Suspect | undefined {
  const outages = database?.side.outages ?? []
  const restarts = database?.side.restartsAtMs ?? []
  if (outages.length === 0 && restarts.length === 0) return undefined
  const seconds = outages.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0) / 1000
  const when = outages.map(({ fromMs, toMs }) => `from second ${figure(fromMs / 1000)} to ${figure(toMs / 1000)}`)
  const restarted = restarts.map((atMs) => `by second ${figure(atMs / 1000)} it had been started anew`)
  return {
    kind: 'outage',
    severity: 'critical',
    title:
      outages.length === 0
        ? 'The database was started anew during the run'
        : `The database did not answer for about ${counted(seconds, 'second')}`,
    detail: [when.length > 0 ? `No answer ${when.join(', ')}` : '', restarted.join(', ')].filter(Boolean).join('; '),
    hint: "Unless you injected this fault: the reason is in the database's log (`journeys status` tells where), look for PANIC, FATAL, out of memory.",
    weight: 1,
  }
}
