import type { Database, Queryable } from '../database/connection.ts'
import { serverError } from '../database/database-error.ts'
import { retryTransient } from '../database/retry.ts'
import { JourneysError } from '../errors.ts'
import { findPerson, type Person } from './person.ts'
import { countPersonalData, type TableCount } from './personal-data.ts'
import { type AnonymizationPlan, describe } from './anonymization-plan.ts'

export interface AnonymizationResult extends AnonymizationPlan {
  /** Row of `private.audit_log` that proves it. */
  auditId: number
}

export interface AnonymizeOptions {
  /** Who does it, for the audit log: a person's name, not a role. 1 to 200 characters. */
  actor: string
}

/**
 * Erases one person: their journal overwritten and unlinked, the rest deleted or unlinked, the account with its sessions and
 * identities deleted, an audit record written. All in one transaction: interrupted at any moment, nothing has changed.
 * Afterwards the same call fails with `user_not_found`.
 *
 * @param user uuid or e-mail address
 * @returns what was changed, counted while the person's rows were locked
 * @throws JourneysError as {@link findPerson}; `anonymization_incomplete` when something of the person would have remained, and
 *   `anonymization_blocked` when another table holds on to the account. Neither changes anything.
 */
export async function anonymizeUser(
  database: Database,
  user: string,
  options: AnonymizeOptions,
): Promise<AnonymizationResult> {
  return await retryTransient(() => database.transaction((transaction) => erase(transaction, user, options.actor)))
}

async function erase(transaction: Queryable, user: string, actor: string): Promise<AnonymizationResult> {
  const person = await findPerson(transaction, user, { lock: true })
  const data = await describe(transaction, person.id)
  await transaction.query('select public.anonymize_user_data($1)', [person.id])
  await transaction.query('delete from auth.users where id = $1', [person.id]).catch((error: unknown) => {
    throw blocked(person, error)
  })
  await proveGone(transaction, person.id)
  const detail = Object.fromEntries(
    [...data.erase, ...data.overwrite, ...data.keep].map(({ table, count }) => [table, count]),
  )
  const { rows } = await transaction.query<{ id: number }>(
    `select private.record_audit('user.erase', $1::uuid, $2::jsonb, $3) as id`,
    [person.id, JSON.stringify(detail), actor],
  )
  return { user: person, ...data, auditId: rows[0]?.id ?? 0 }
}

/** Counts again what led to the person. Others said "done" while one step had been skipped. */
async function proveGone(transaction: Queryable, id: string): Promise<void> {
  const { undecided, ...data } = await countPersonalData(transaction, id)
  const left: TableCount[] = [...data.erase, ...data.overwrite, ...data.keep, ...undecided]
  const remaining = left.filter(({ count }) => count > 0)
  if (remaining.length === 0) return
  throw new JourneysError(
    'anonymization_incomplete',
    'Something of this person would have remained; nothing was changed',
    {
      detail: remaining.map(({ table, count }) => `${table}: ${count}`).join('\n'),
      hint: 'journeys migrate status says whether anonymize_user_data is the current one',
    },
  )
}

function blocked(person: Person, error: unknown): unknown {
  const server = serverError(error)
  if (server?.code !== '23503') return error
  return new JourneysError('anonymization_blocked', 'Another table holds on to this account; nothing was changed', {
    detail: [server.message, server.detail].filter(Boolean).join(' · '),
    hint: `decide in a migration what becomes of those rows (on delete cascade, or set null), then: journeys gdpr anonymize ${person.id}`,
    cause: error,
  })
}
