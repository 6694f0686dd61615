import { statementTitle } from '../statement-title.ts'
import type { Suspect } from './culprit.ts'
import type { DatabaseEvidence, Evidence } from './evidence.ts'
import { counted, figure, percent } from './figure.ts'

/** Sessions wait for each other, or for one that holds a lock. */
export function locks({ database }: Evidence): Suspect | undefined {
  if (database === undefined) return undefined
  const { waitingForLocks, busy, lockLooks, looks, blocked, holders } = database.sessions
  const share = busy > 0 ? waitingForLocks / busy : 0
  if (lockLooks < 2 || (share < 0.15 && waitingForLocks < 0.5)) return undefined
  const waits = blocked.slice(0, 3).map(({ id, query }) => statementTitle((id && database.texts.get(id)) || query))
  const holder = holders[0]
  const evidence = `On average ${counted(waitingForLocks, 'session')} waited for a lock, ${percent(share)} of the busy ones, in ${lockLooks} of ${looks} looks. What waited: ${waits.join('; ')}.`
  const common = {
    kind: 'locks',
    severity: share >= 0.3 || waitingForLocks >= 2 ? 'critical' : 'warning',
    weight: share,
  } as const
  if (holder !== undefined && isSomebodys(holder, lockLooks)) {
    const does = holder.open ? 'it was idle in its transaction, after' : 'it was busy with'
    return {
      ...common,
      title: `Sessions wait for a lock that pid ${holder.pid} holds (${holder.application}, role ${holder.role})`,
      detail: `${evidence} The holder's transaction was open for ${figure(holder.seconds)} s; ${does}: ${short(holder.query)}`,
      hint: holder.open
        ? `End it with select pg_terminate_backend(${holder.pid}); and have its program commit sooner, or set idle_in_transaction_session_timeout.`
        : `Make that statement quicker or run it at a quiet hour; a migration needs a lock_timeout. To end it now: select pg_terminate_backend(${holder.pid});`,
    }
  }
  return {
    ...common,
    title: `Requests wait for each other's locks: ${waits[0] ?? 'the same rows'}`,
    detail: `${evidence}${holder === undefined ? '' : ` What held them: ${statementTitle(holder.query)}.`}`,
    hint: 'They change the same rows. Change a row that all share as late as possible in the transaction, or keep a row for each user instead.',
  }
}

/**
 * One session in many looks, or a transaction of a second, is somebody's; otherwise requests hold each other up. The API's own
 * sessions are the few of its pool and come back in every look by chance: only a long transaction of theirs is told apart.
 */
function isSomebodys(holder: DatabaseEvidence['sessions']['holders'][number], lockLooks: number): boolean {
  if (/^postgrest/i.test(holder.application)) return holder.seconds >= 5
  return holder.seconds >= 1 || holder.looks >= Math.max(3, lockLooks / 2)
}

function short(query: string): string {
  const plain = query.replace(/\s+/g, ' ').trim()
  return plain.length > 120 ? `${plain.slice(0, 119)}…` : plain
}
