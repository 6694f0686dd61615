import type { Suspect } from './culprit.ts'
import type { Evidence } from './evidence.ts'
import { figure } from './figure.ts'

const longSeconds = 5

/** A transaction that is left open and holds nobody up yet. */
export function idleInTransaction({ database }: Evidence): Suspect | undefined {
  const session = database?.sessions.open[0]
  const seconds = session?.transaction_seconds ?? 0
  if (session === undefined || seconds < longSeconds) return undefined
  if (database?.sessions.holders.some(({ pid }) => pid === session.pid)) return undefined
  return {
    kind: 'idle_in_transaction',
    severity: 'warning',
    title: `${session.application} leaves a transaction open (pid ${session.pid}, role ${session.role})`,
    detail: `For ${figure(seconds)} s and longer. It keeps its locks, and keeps vacuum from removing what was changed since.`,
    hint: `select pg_terminate_backend(${session.pid}); and have its program commit sooner, or set idle_in_transaction_session_timeout.`,
    weight: 0.2,
  }
}
