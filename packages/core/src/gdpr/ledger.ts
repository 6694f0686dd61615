import type { Queryable } from '../database/connection.ts'
import { type GdprKeys, keyWithId } from './key.ts'

export interface ErasureSettings {
  /** Scores of a month stay, unlinked, where so many others wrote some that they tell nothing about one. */
  keepStatistics: boolean
}

/** An erasure as the ledger has it. */
export interface LedgerEntry {
  /** `E-7F3AC1B2` */
  id: string
  subjectHash: string
  /** The key that made the hash and the seal. */
  keyId: string
  /** uuid; null once it is done. */
  userId: string | null
  /** The terms of the verification; null once it is done. */
  sealed: Buffer | null
  requestedAt: Date
  dueAt: Date
  openedAt: Date
  finishedAt: Date | null
  actor: string
  reason: string | null
  planId: string
  /** Counts, never content. */
  plan: Record<string, unknown>
  options: ErasureSettings & { dismissed?: Dismissal[] }
  state: 'open' | 'failed' | 'partial' | 'done'
  replays: string | null
}

/** A find of the verification that somebody looked at and answers for. */
export interface Dismissal {
  /** `F-1A2B3C4D`: this kind of term in this place, and nothing else that may be there. */
  finding: string
  /** schema.table.column */
  place: string
  reason: string
  by: string
  at: string
}

/** What a new entry needs; the rest the database fills in. */
export interface NewLedgerEntry {
  id: string
  userId: string
  sealed: Buffer
  /** @defaultValue now */
  requestedAt: Date | undefined
  /** An interval as Postgres reads it: `1 month`. */
  deadline: string
  actor: string
  reason: string | undefined
  planId: string
  plan: Record<string, unknown>
  options: ErasureSettings
  replays: string | undefined
}

const columns = `id, subject_hash as "subjectHash", key_id as "keyId", user_id as "userId", sealed,
  requested_at as "requestedAt", due_at as "dueAt", opened_at as "openedAt", finished_at as "finishedAt",
  actor, reason, plan_id as "planId", plan, options, state, replays`

export async function findEntry(queryable: Queryable, erasure: string): Promise<LedgerEntry | undefined> {
  const { rows } = await queryable.query<LedgerEntry>(
    `select ${columns} from private.erasure_ledger where id = upper($1)`,
    [erasure],
  )
  return rows[0]
}

/** The erasure of this person that is not done; there is at most one. */
export async function findUnfinished(queryable: Queryable, userId: string): Promise<LedgerEntry | undefined> {
  const { rows } = await queryable.query<LedgerEntry>(
    `select ${columns} from private.erasure_ledger where user_id = $1::uuid and state <> 'done'`,
    [userId],
  )
  return rows[0]
}

/** The last finished erasure of somebody whose account is gone, by what the keys at hand make of their id. */
export async function findFinished(
  queryable: Queryable,
  keys: GdprKeys,
  userId: string,
): Promise<LedgerEntry | undefined> {
  const { rows } = await queryable.query<LedgerEntry>(
    `select ${columns} from private.erasure_ledger
     where subject_hash = any ($1::text[]) and state = 'done' order by finished_at desc limit 1`,
    [keys.all.map((key) => key.subjectHash(userId))],
  )
  return rows[0]
}

/** The erasure that did what a plan says, where it is done: an address leads to it no longer, the plan's id does. */
export async function findDoneByPlan(queryable: Queryable, plan: string): Promise<LedgerEntry | undefined> {
  const { rows } = await queryable.query<LedgerEntry>(
    `select ${columns} from private.erasure_ledger where plan_id = $1 and state = 'done' order by finished_at desc limit 1`,
    [plan],
  )
  return rows[0]
}

/** All that are not done, the oldest first. */
export async function unfinishedEntries(queryable: Queryable): Promise<LedgerEntry[]> {
  const { rows } = await queryable.query<LedgerEntry>(
    `select ${columns} from private.erasure_ledger where state <> 'done' order by opened_at, id`,
  )
  return rows
}

/** Writes the entry under the current key. @returns it as it stands */
export async function insertEntry(queryable: Queryable, keys: GdprKeys, entry: NewLedgerEntry): Promise<LedgerEntry> {
  const { rows } = await queryable.query<LedgerEntry>(
    `insert into private.erasure_ledger
       (id, subject_hash, key_id, user_id, sealed, requested_at, due_at, actor, reason, plan_id, plan, options, replays)
     values ($1, $2, $3, $4::uuid, $5, coalesce($6::timestamptz, now()), coalesce($6::timestamptz, now()) + $7::interval,
       $8, $9, $10, $11::jsonb, $12::jsonb, $13)
     returning ${columns}`,
    [
      entry.id,
      keys.current.subjectHash(entry.userId),
      keys.current.id,
      entry.userId,
      entry.sealed,
      entry.requestedAt ?? null,
      entry.deadline,
      entry.actor,
      entry.reason ?? null,
      entry.planId,
      JSON.stringify(entry.plan),
      JSON.stringify(entry.options),
      entry.replays ?? null,
    ],
  )
  const [written] = rows
  if (written === undefined) throw new TypeError('an insert returned no row')
  return written
}

/** How much of the ledger each key made. */
export interface KeyUse {
  keyId: string
  unfinished: number
  finished: number
  receipts: number
}

/** The keys that the ledger and the receipts were made with, the newest first. */
export async function readKeyUse(queryable: Queryable): Promise<KeyUse[]> {
  const { rows } = await queryable.query<KeyUse>(
    `select key_id as "keyId", coalesce(sum(unfinished), 0)::int as unfinished, coalesce(sum(finished), 0)::int as finished,
       coalesce(sum(receipts), 0)::int as receipts
     from (
       select key_id, (state <> 'done')::int as unfinished, (state = 'done')::int as finished, 0 as receipts, opened_at as at
       from private.erasure_ledger
       union all
       select key_id, 0, 0, 1, signed_at from private.erasure_receipts where body is not null
     ) as made
     group by key_id order by max(at) desc`,
  )
  return rows
}

/**
 * Refuses to go on without a key that the ledger was written with: a person in it could not be recognised, and would be erased
 * under a second hash as if it were the first time.
 * @throws JourneysError `gdpr_key_missing` (exit code 2)
 */
export async function requireLedgerKeys(queryable: Queryable, keys: GdprKeys): Promise<void> {
  const { rows } = await queryable.query<{ keyId: string }>(
    'select distinct key_id as "keyId" from private.erasure_ledger order by 1',
  )
  for (const { keyId } of rows) keyWithId(keys, keyId)
}

/** From the moment on at which somebody goes on with it. */
export async function reopenEntry(queryable: Queryable, erasure: string): Promise<void> {
  await queryable.query(
    "update private.erasure_ledger set state = 'open' where id = $1 and state in ('failed', 'partial')",
    [erasure],
  )
}
