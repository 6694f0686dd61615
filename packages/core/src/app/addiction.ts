import { z } from 'zod'
import { calendarDate } from './calendar-date.ts'
import { databaseText, onlyGiven } from './input.ts'
import { limits } from './limits.ts'

export type AddictionKind = (typeof limits.addiction.kinds)[number]

/** Something that a person is leaving. */
export interface Addiction {
  readonly id: string
  readonly kind: AddictionKind
  /** The person's own word for it. */
  readonly label: string | null
  /** `YYYY-MM-DD` */
  readonly quitOn: string
  readonly goal: string | null
  /** ISO 8601 with offset. */
  readonly createdAt: string
}

/** In an edit every part but `id` is optional, and at least one is there. */
export interface AddictionInput {
  /**
   * A UUID made by the app, so that a repeated add is recognised.
   *
   * @defaultValue a new random UUID
   */
  id?: string | undefined
  kind: AddictionKind
  /**
   * At most 80 characters.
   *
   * @defaultValue null
   */
  label?: string | null | undefined
  /** `YYYY-MM-DD` */
  quitOn: string
  /**
   * At most 280 characters.
   *
   * @defaultValue null
   */
  goal?: string | null | undefined
}

/** A row as PostgREST gives it for `addictionColumns`. */
export interface AddictionRow {
  id: string
  kind: string
  label: string | null
  quit_on: string
  goal: string | null
  created_at: string
}

export const addictionColumns = 'id,kind,label,quit_on,goal,created_at'

export const addictionId = z.guid('must be a UUID').transform((value) => value.toLowerCase())

export const addictionSchema = z.strictObject({
  id: addictionId.optional(),
  kind: z.enum(limits.addiction.kinds),
  label: databaseText(limits.addiction.label).nullable().optional(),
  quitOn: calendarDate,
  goal: databaseText(limits.addiction.goal).nullable().optional(),
})

export const addictionChangesSchema = addictionSchema
  .omit({ id: true })
  .partial()
  .refine((changes) => Object.values(changes).some((value) => value !== undefined), 'must change something')

/** The columns of a checked input, without those that it leaves out. */
export function addictionToRow(input: z.output<typeof addictionChangesSchema>) {
  return onlyGiven({ kind: input.kind, label: input.label, quit_on: input.quitOn, goal: input.goal })
}

export function addictionFromRow(row: AddictionRow): Addiction {
  return {
    id: row.id,
    kind: row.kind as AddictionKind,
    label: row.label,
    quitOn: row.quit_on,
    goal: row.goal,
    createdAt: row.created_at,
  }
}
