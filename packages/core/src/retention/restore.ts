import { suggestion } from '../config/suggestion.ts'
import type { Database, Queryable, Session } from '../database/connection.ts'
import { serverError } from '../database/database-error.ts'
import { ExitCode, JourneysError } from '../errors.ts'
import { releaseRetentionLock, takeRetentionLock } from './lock.ts'
import { withPatience } from './patience.ts'

export interface RestoreOptions {
  /** Who does it, for the audit log. */
  actor: string
  /** YYYY-MM-DD: retention leaves the month alone before this day. @defaultValue the days of grace from today on */
  until?: string | undefined
  graceDays: number
  lockTimeoutMs: number
  onWait?: ((who: string) => void) | undefined
  signal?: AbortSignal | undefined
}

export interface RestoredMonth {
  name: string
  from: string | null
  to: string
  rows: number
  rowsEstimated: boolean
  /** YYYY-MM-DD: from this day on the next run retires it again. */
  keepUntil: string
}

/**
 * Puts a retired month back into the journal, while people read and write it: in a moment, whatever its size.
 * @param name - `journey_entries_2022_11`, with or without `retired.`
 * @throws JourneysError `retention_month_unknown`, `retention_month_dropped`, `retention_month_taken`, `retention_until_past` (2),
 *   `retention_running`; nothing is changed then
 */
export async function restoreMonth(database: Database, name: string, options: RestoreOptions): Promise<RestoredMonth> {
  const month = name.replace(/^(retired|partitions)\./, '')
  return await database.session(async (session) => {
    await session.query(
      `select set_config('application_name', 'journeys retention', false), set_config('lock_timeout', $1, false)`,
      [String(options.lockTimeoutMs)],
    )
    await takeRetentionLock(session, { wait: false, signal: options.signal })
    try {
      return await restoreLocked(database, session, month, options)
    } finally {
      await releaseRetentionLock(session)
    }
  })
}

async function restoreLocked(
  database: Database,
  session: Session,
  month: string,
  options: RestoreOptions,
): Promise<RestoredMonth> {
  await findRetired(session, month)
  const keepUntil = await resolveUntil(session, options)
  await withPatience(
    database,
    () =>
      session.transaction(async (transaction) => {
        await transaction.query('select private.restore_month($1, $2)', [month, keepUntil])
        await transaction.query(
          `select private.record_audit('retention.restore', null, jsonb_build_object('month', $1::text, 'until', $2::text), left($3, 200))`,
          [month, keepUntil, options.actor],
        )
      }),
    { onWait: options.onWait, signal: options.signal },
  ).catch((error: unknown) => {
    throw explain(error, month)
  })
  const { rows } = await session.query<RestoredMonth>(
    `select name, lower_bound as "from", upper_bound as "to", rows, rows_estimated as "rowsEstimated", keep_until as "keepUntil"
       from private.retired_partitions where name = $1 and state = 'restored' order by id desc limit 1`,
    [month],
  )
  return rows[0] as RestoredMonth
}

async function findRetired(queryable: Queryable, name: string): Promise<void> {
  const { rows } = await queryable.query<{ name: string; state: string; droppedAt: Date | null }>(
    `select name, state, dropped_at as "droppedAt" from private.retired_partitions order by id desc`,
  )
  const found = rows.find((row) => row.name === name)
  if (found?.state === 'retired') return
  const list = 'journeys retention plan lists the months that can be brought back'
  if (found?.state === 'dropped' || found?.state === 'dropping') {
    throw new JourneysError('retention_month_dropped', `${name} is gone: its grace period is over`, {
      ...(found.droppedAt && { detail: `dropped on ${found.droppedAt.toISOString().slice(0, 10)}` }),
      hint: `only a backup has it; ${list}`,
    })
  }
  if (found?.state === 'restored') {
    throw new JourneysError('retention_month_unknown', `${name} is in the journal: it was brought back before`, {
      hint: list,
    })
  }
  const retired = rows.filter(({ state }) => state === 'retired').map((row) => row.name)
  throw new JourneysError('retention_month_unknown', `There is no retired month ${name}`, {
    detail: retired.length === 0 ? 'no month is retired' : suggestion(name, retired),
    hint: list,
  })
}

async function resolveUntil(queryable: Queryable, { until, graceDays }: RestoreOptions): Promise<string> {
  const { rows } = await queryable.query<{ day: string; past: boolean }>(
    `select d.day, d.day <= (now() at time zone 'UTC')::date as past
     from (select coalesce($1::date, ((now() at time zone 'UTC')::date + greatest($2::integer, 1))) as day) d`,
    [until ?? null, graceDays],
  )
  const [resolved] = rows
  if (resolved === undefined || resolved.past) {
    throw new JourneysError(
      'retention_until_past',
      `${until} is not in the future: the next run would retire it again`,
      {
        hint: 'name a later day: --until YYYY-MM-DD',
        exitCode: ExitCode.usage,
      },
    )
  }
  return resolved.day
}

function explain(error: unknown, name: string): unknown {
  const server = serverError(error)
  if (server?.code !== '42P17' && server?.code !== '42P07') return error
  return new JourneysError('retention_month_taken', `${name} cannot be put back: something is in its place`, {
    detail: server.message,
    hint: 'journeys health --only partitions shows the months of the journal',
    cause: error,
  })
}
