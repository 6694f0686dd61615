import { z } from 'zod'
import type { Database, Queryable } from '../database/connection.ts'
import { ExitCode, JourneysError } from '../errors.ts'
import { countRetiredRows, type RetiredRows } from './hold-retired.ts'
import { resolveHeldTables } from './hold-tables.ts'
import { findPerson } from './person.ts'
import { judgeReason, placing, readOpenErasure, recordAudit } from './placing.ts'

/** Data of a person that must not be destroyed (Art. 17(3)(e) GDPR). */
export interface LegalHold {
  id: number
  user: { id: string; email: string | null }
  /** schema.table; `null`: everything. */
  tables: string[] | null
  reason: string
  /** YYYY-MM-DD: somebody has to look at it again. It does not end by itself. */
  reviewOn: string | null
  /** That day has come. */
  reviewDue: boolean
  placedBy: string
  placedAt: Date
}

export interface HoldOptions {
  /** As they are typed: `journal_entries`, `storage.objects`. @defaultValue everything */
  tables?: readonly string[] | undefined
  /** Whose claim it is, and where it is filed: at most 500 characters. */
  reason: string
  /** YYYY-MM-DD. */
  reviewOn?: string | undefined
  actor: string
}

export interface HoldResult {
  hold: LegalHold
  auditId: number
  /** The erasure that has already begun: what it erased is gone, and it leaves the rest of what is held. */
  erasure: string | null
  /** Of months that were waiting to be dropped. */
  retired: RetiredRows[]
}

/**
 * Places a legal hold. From then on nobody changes or removes what it covers: neither an erasure nor retention, nor the person, nor an
 * operator; the database sees to it. New rows can be added. The account stays with every hold, because rows that are kept to prove
 * something have to say whose they are.
 *
 * @throws JourneysError as `findPerson`; `person_busy`; `hold_table_unknown`, `reason_invalid`, `review_on_invalid` (exit code 2)
 */
export async function addHold(database: Database, user: string, options: HoldOptions): Promise<HoldResult> {
  const reason = judgeReason(options.reason)
  if (options.reviewOn !== undefined) judgeReviewOn(options.reviewOn)
  return await placing(database, async (transaction) => {
    const tables = options.tables === undefined ? null : await resolveHeldTables(transaction, options.tables)
    const person = await findPerson(transaction, user, { lock: true, command: 'gdpr hold add' })
    const { rows } = await transaction.query<{ id: number }>(
      `insert into private.legal_holds (user_id, tables, reason, review_on, placed_by)
       values ($1::uuid, $2::text[], $3, $4::date, $5) returning id`,
      [person.id, tables, reason, options.reviewOn ?? null, options.actor],
    )
    const id = rows[0]?.id ?? 0
    const detail = { hold: id, tables, review_on: options.reviewOn ?? null }
    const auditId = await recordAudit(transaction, 'hold.add', person, detail, options.actor)
    return {
      hold: await requireHold(transaction, id),
      auditId,
      erasure: await readOpenErasure(transaction, person.id),
      retired:
        tables === null || tables.includes('public.journal_entries')
          ? await countRetiredRows(transaction, person.id)
          : [],
    }
  })
}

/**
 * Ends a legal hold: what it covered may be erased and may expire again, as far as no other hold covers it.
 *
 * @throws JourneysError `hold_not_found`, `person_busy`
 */
export async function removeHold(
  database: Database,
  id: number,
  options: { actor: string },
): Promise<{ hold: LegalHold; auditId: number }> {
  return await placing(database, async (transaction) => {
    const hold = await requireHold(transaction, id)
    await transaction.query('delete from private.legal_holds where id = $1', [id])
    const detail = { hold: id, tables: hold.tables, placed_at: hold.placedAt.toISOString() }
    return { hold, auditId: await recordAudit(transaction, 'hold.remove', hold.user, detail, options.actor) }
  })
}

/** One hold, for a look before it ends. @throws JourneysError `hold_not_found` */
export async function findHold(database: Database, id: number): Promise<LegalHold> {
  return await database.readOnly((transaction) => requireHold(transaction, id))
}

/**
 * All holds, or those of one person, the oldest first.
 *
 * @throws JourneysError as `findPerson`
 */
export async function listHolds(database: Database, user?: string): Promise<LegalHold[]> {
  return await database.readOnly(async (transaction) => {
    const person = user === undefined ? undefined : await findPerson(transaction, user, { command: 'gdpr hold list' })
    return await readHolds(transaction, { userId: person?.id })
  })
}

async function requireHold(queryable: Queryable, id: number): Promise<LegalHold> {
  const [hold] = await readHolds(queryable, { id })
  if (hold !== undefined) return hold
  throw new JourneysError('hold_not_found', `There is no legal hold ${id}; nothing was changed`, {
    hint: 'journeys gdpr hold list',
  })
}

async function readHolds(
  queryable: Queryable,
  { id, userId }: { id?: number; userId?: string | undefined },
): Promise<LegalHold[]> {
  const { rows } = await queryable.query<Omit<LegalHold, 'user'> & { userId: string; email: string | null }>(
    `select h.id, h.user_id as "userId", u.email, h.tables, h.reason, h.review_on as "reviewOn",
       coalesce(h.review_on <= current_date, false) as "reviewDue", h.placed_by as "placedBy", h.placed_at as "placedAt"
     from private.legal_holds h
     join auth.users u on u.id = h.user_id
     where ($1::bigint is null or h.id = $1) and ($2::uuid is null or h.user_id = $2)
     order by h.placed_at, h.id`,
    [id ?? null, userId ?? null],
  )
  return rows.map(({ userId: of, email, ...hold }) => ({ ...hold, user: { id: of, email } }))
}

function judgeReviewOn(day: string): void {
  const invalid = (why: string) =>
    new JourneysError('review_on_invalid', `A hold cannot be looked at again on ${day}: ${why}; nothing was changed`, {
      hint: 'name the day as 2027-05-01, or leave --review-on out',
      exitCode: ExitCode.usage,
    })
  if (!z.iso.date().safeParse(day).success) throw invalid('that is not a day, written YYYY-MM-DD')
  if (day < new Date().toISOString().slice(0, 10)) throw invalid('that day is over')
}
