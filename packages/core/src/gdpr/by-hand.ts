import { suggestion } from '../config/suggestion.ts'
import type { Database } from '../database/connection.ts'
import { ExitCode, JourneysError } from '../errors.ts'
import { type ByHandStatus, type ErasureStatus, readErasure } from './status.ts'

export interface TickOptions {
  /** Who did it: a person's name. */
  actor: string
  /** Where the proof is filed, until when something runs out: at most 500 characters, and nothing about the person. */
  note?: string | undefined
  /** Take the tick back. @defaultValue false */
  undo?: boolean | undefined
}

export interface TickResult {
  step: ByHandStatus
  /** False: it was so already, and nothing was written. */
  changed: boolean
  erasure: ErasureStatus
}

const longestNote = 500

/**
 * Writes into the ledger that a person did what no command can do, or takes that back. Every change is in the audit log; ticking what
 * is ticked changes nothing, so that the first name and date stand.
 * @throws JourneysError `erasure_not_found`, `erasure_malformed`; `step_not_found`, `note_too_long`, `note_personal` (exit code 2)
 */
export async function tickByHand(
  database: Database,
  erasure: string,
  step: string,
  options: TickOptions,
): Promise<TickResult> {
  const note = options.note?.trim() || null
  if (note !== null) judgeNote(note)
  return await database.transaction(async (transaction) => {
    const before = await readErasure(transaction, erasure)
    const { erasure: id } = before
    const wanted = step.trim().toLowerCase()
    if (!before.byHand.some((one) => one.step === wanted)) throw unknownStep(before, step)
    const { rowCount } = options.undo
      ? await transaction.query(
          `update private.erasure_by_hand set done_at = null, done_by = null, note = $3
           where erasure_id = $1 and step = $2 and done_at is not null`,
          [id, wanted, note],
        )
      : await transaction.query(
          `update private.erasure_by_hand set done_at = clock_timestamp(), done_by = $4, note = $3
           where erasure_id = $1 and step = $2 and done_at is null`,
          [id, wanted, note, options.actor],
        )
    if (rowCount > 0) {
      await transaction.query('select private.record_audit($1, null::uuid, $2::jsonb, $3)', [
        options.undo ? 'erasure.untick' : 'erasure.tick',
        JSON.stringify({ erasure: id, step: wanted }),
        options.actor,
      ])
    }
    const after = await readErasure(transaction, id)
    const ticked = after.byHand.find((one) => one.step === wanted)
    if (ticked === undefined) throw unknownStep(after, step)
    return { step: ticked, changed: rowCount > 0, erasure: after }
  })
}

/** The ledger outlives the person's data: a note must not bring any of it back. */
function judgeNote(note: string): void {
  if (note.length > longestNote) {
    throw new JourneysError('note_too_long', `A note has at most ${longestNote} characters, this one ${note.length}`, {
      hint: 'write down where the proof is filed, not what it says',
      exitCode: ExitCode.usage,
    })
  }
  if (/[^\s@<>"']+@[^\s@<>"']+\.\w/.test(note) || /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/i.test(note)) {
    throw new JourneysError('note_personal', 'A note must not name the person: it has an address or an id in it', {
      detail: 'the ledger is kept when everything else about them is gone',
      hint: 'write down where the proof is filed: --note "file 2026-114, letter of 3 December"',
      exitCode: ExitCode.usage,
    })
  }
}

function unknownStep({ erasure, byHand }: ErasureStatus, step: string): JourneysError {
  const steps = byHand.map((one) => one.step)
  const [meant, ...others] = steps.filter((one) => one.includes(step.trim().toLowerCase()))
  const near = meant !== undefined && others.length === 0 ? `did you mean ${meant}?` : suggestion(step, steps)
  return new JourneysError('step_not_found', `${erasure} has no step ${JSON.stringify(step)} by hand`, {
    detail: steps.length === 0 ? 'it has none at all' : `it has: ${steps.join(', ')}`,
    hint: `${near.replace(/[^?]$/, '$&.')} Type: journeys gdpr status ${erasure}`,
    exitCode: ExitCode.usage,
  })
}
