import type { Suspect } from './culprit.ts'
import type { Evidence } from './evidence.ts'

export function deadlocks({ database }: Evidence): Suspect | undefined {
  const count = database?.side.deadlocks ?? 0
  if (count === 0) return undefined
  return {
    kind: 'deadlocks',
    severity: 'warning',
    title: count === 1 ? 'Two transactions deadlocked' : `Transactions deadlocked ${count} times`,
    detail:
      'Each one costs deadlock_timeout (1 s) and ends a transaction with 40P01, which its request answers with an error.',
    hint: "The database's log names the statements (`deadlock detected`): have them change rows in the same order.",
    weight: 0.5,
  }
}
