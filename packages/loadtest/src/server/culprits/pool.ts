import type { Suspect } from './culprit.ts'
import type { Evidence } from './evidence.ts'
import { counted, figure } from './figure.ts'

/** PostgREST's words for "no connection of the pool became free in time". */
const poolTimeout = 'PGRST003'

/** PostgREST has fewer connections than requests that want one. */
export function pool({ database, load }: Evidence): Suspect | undefined {
  const timeouts =
    load?.failures.filter(({ code }) => code === poolTimeout).reduce((sum, { count }) => sum + count, 0) ?? 0
  const connections = database?.side.connections
  const api = connections?.applications.find(({ application }) => /^postgrest\b/i.test(application))
  // Little's law: so many requests were under way. Those without a connection queue in PostgREST, which tells nobody.
  const underWay = load?.total.avg === undefined ? 0 : (load.total.rate * load.total.avg) / 1000
  const size = api?.peak ?? 0
  const busy = Math.min(size, Math.max(api?.busyMean ?? 0, connections?.busyMean ?? 0))
  const waiting = underWay - busy
  // A connection is also PostgREST's on the way between two transactions: the server never sees a full pool wholly busy.
  const full = size > 0 && busy >= size * 0.5 && waiting >= Math.max(1.5, busy)
  // It opens another one whenever none is free, up to its size: so many requests would have had them. But a request whose program
  // waits for a processor takes long without any connection, so that this is less certain.
  const small = size > 0 && busy >= size * 0.25 && waiting >= Math.max(3, 2 * size)
  if (timeouts === 0 && !full && !small) return undefined
  const queue = `${counted(underWay, 'request')} were under way on average, and ${figure(busy)} of ${size} connections were busy; PostgREST had no more. The other requests queued.`
  return {
    kind: 'pool',
    severity: timeouts > 0 || (full && underWay >= 2.5 * size) ? 'critical' : 'warning',
    title: `PostgREST's pool is ${full || timeouts > 0 ? 'full' : 'small for this load'}${size > 0 ? `: ${counted(size, 'connection')}` : ''}`,
    detail: [
      full || small ? queue : '',
      timeouts > 0 ? `${counted(timeouts, 'request')} got no connection in time (${poolTimeout}).` : '',
    ]
      .filter(Boolean)
      .join(' '),
    hint: 'Give PostgREST more connections (PGRST_DB_POOL; on Supabase: project settings, Data API, pool size), as far as max_connections allows. Mend slow statements first: with a larger pool they would only queue in the database.',
    weight: timeouts > 0 ? 0.6 : 0.6 * Math.max(0.6, waiting / underWay),
  }
}
