import { z } from 'zod'
import type { Database, Queryable } from '../database/connection.ts'
import { ExitCode, JourneysError } from '../errors.ts'
import { findPerson, type Person } from './person.ts'
import { judgeReason, placing, readOpenErasure, recordAudit } from './placing.ts'

/** Somebody whose data may be read, and not changed (Art. 18 GDPR). */
export interface Restriction {
  user: { id: string; email: string | null }
  reason: string
  placedBy: string
  placedAt: Date
}

export interface RestrictOptions {
  /** Which of the four grounds of Art. 18(1), where the request is filed: at most 500 characters. Gone when the restriction is. */
  reason: string
  actor: string
}

export interface RestrictResult {
  restriction: Restriction
  /** False: they were restricted already, and nothing was written; the first reason stands. */
  placed: boolean
  /** The row of `private.audit_log`. */
  auditId?: number
}

/**
 * Restricts the processing of a person's data: from the moment this returns nobody writes, changes or removes anything of theirs, API,
 * service_role, operators and retention alike; the database sees to it. Whoever was writing has ended, and what they wrote stays.
 * Reading and signing in stay possible: Art. 18(2) leaves the storage, and Art. 15 the person's own access.
 *
 * @throws JourneysError as `findPerson`; `erasure_under_way`, `person_busy`; `reason_invalid` (exit code 2)
 */
export async function restrictPerson(
  database: Database,
  user: string,
  options: RestrictOptions,
): Promise<RestrictResult> {
  const reason = judgeReason(options.reason)
  return await placing(database, async (transaction) => {
    const person = await findPerson(transaction, user, { lock: true, command: 'gdpr restrict' })
    const before = await readRestriction(transaction, person)
    if (before !== undefined) return { restriction: before, placed: false }
    await transaction.query(
      `insert into private.processing_restrictions (user_id, kind, reason, placed_by) values ($1::uuid, 'restriction', $2, $3)`,
      [person.id, reason, options.actor],
    )
    const auditId = await recordAudit(transaction, 'user.restrict', person, {}, options.actor)
    const restriction = await readRestriction(transaction, person)
    if (restriction === undefined) throw new Error('a restriction that was just placed is not there')
    return { restriction, placed: true, auditId }
  })
}

export interface UnrestrictOptions {
  /** The day on which the person was told, YYYY-MM-DD: Art. 18(3) wants that before the restriction ends. */
  informedOn: string
  actor: string
}

export interface UnrestrictResult {
  /** What has ended. */
  restriction: Restriction
  auditId: number
}

/**
 * Ends a restriction.
 *
 * @throws JourneysError as `findPerson`; `not_restricted`, `erasure_under_way`, `person_busy`; `informed_on_invalid` (exit code 2)
 */
export async function unrestrictPerson(
  database: Database,
  user: string,
  options: UnrestrictOptions,
): Promise<UnrestrictResult> {
  return await placing(database, async (transaction) => {
    const person = await findPerson(transaction, user, { lock: true, command: 'gdpr unrestrict' })
    const restriction = await requireRestriction(transaction, person)
    judgeInformedOn(options.informedOn, restriction)
    await transaction.query('delete from private.processing_restrictions where user_id = $1::uuid', [person.id])
    const detail = { placed_at: restriction.placedAt.toISOString(), informed_on: options.informedOn }
    return { restriction, auditId: await recordAudit(transaction, 'user.unrestrict', person, detail, options.actor) }
  })
}

/**
 * The restriction of one person, for a look before it ends.
 *
 * @throws JourneysError as `findPerson`; `not_restricted`, `erasure_under_way`
 */
export async function findRestriction(database: Database, user: string): Promise<Restriction> {
  return await database.readOnly(async (transaction) =>
    requireRestriction(transaction, await findPerson(transaction, user, { command: 'gdpr unrestrict' })),
  )
}

/** Everybody whose processing is restricted, the oldest first. Those who are being erased are not among them. */
export async function readRestrictions(queryable: Queryable): Promise<Restriction[]> {
  const { rows } = await queryable.query<Omit<Restriction, 'user'> & { id: string; email: string | null }>(
    `select u.id, u.email, r.reason, r.placed_by as "placedBy", r.placed_at as "placedAt"
     from private.processing_restrictions r
     join auth.users u on u.id = r.user_id
     where r.kind = 'restriction'
     order by r.placed_at, u.id`,
  )
  return rows.map(({ id, email, ...rest }) => ({ user: { id, email }, ...rest }))
}

async function requireRestriction(queryable: Queryable, person: Person): Promise<Restriction> {
  const restriction = await readRestriction(queryable, person)
  if (restriction !== undefined) return restriction
  throw new JourneysError('not_restricted', "The processing of this person's data is not restricted", {
    detail: 'nothing was changed',
    hint: 'journeys gdpr restrict lists who is',
  })
}

/** @throws JourneysError `erasure_under_way` */
async function readRestriction(queryable: Queryable, person: Person): Promise<Restriction | undefined> {
  const { rows } = await queryable.query<Omit<Restriction, 'user'> & { kind: string }>(
    `select kind, reason, placed_by as "placedBy", placed_at as "placedAt"
     from private.processing_restrictions where user_id = $1::uuid`,
    [person.id],
  )
  const [found] = rows
  if (found === undefined) return undefined
  const { kind, ...restriction } = found
  if (kind === 'restriction') return { user: { id: person.id, email: person.email }, ...restriction }
  const erasure = await readOpenErasure(queryable, person.id)
  throw new JourneysError('erasure_under_way', 'This person is being erased; nothing was changed', {
    detail: `${erasure ?? 'the erasure'} began at ${restriction.placedAt.toISOString()}, by ${restriction.placedBy}; nobody writes for them any more`,
    hint: `journeys gdpr status ${erasure ?? person.id}`,
  })
}

function judgeInformedOn(day: string, { placedAt }: Restriction): void {
  const invalid = (why: string) =>
    new JourneysError(
      'informed_on_invalid',
      `The person cannot have been told on ${day}: ${why}; nothing was changed`,
      {
        hint: 'Art. 18(3) GDPR: tell them before it ends, then name that day',
        exitCode: ExitCode.usage,
      },
    )
  if (!z.iso.date().safeParse(day).success) throw invalid('that is not a day, written YYYY-MM-DD')
  // The day of whoever types it may be one ahead of UTC's, or one behind.
  if (Date.parse(day) > Date.now() + dayMs) throw invalid('that day is yet to come')
  if (Date.parse(day) + 2 * dayMs <= placedAt.getTime()) {
    throw invalid(`the restriction was placed on ${placedAt.toISOString().slice(0, 10)}`)
  }
}

const dayMs = 86_400_000
