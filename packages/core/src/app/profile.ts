import { z } from 'zod'
import { databaseText, onlyGiven } from './input.ts'
import { limits } from './limits.ts'

export interface Profile {
  readonly userId: string
  readonly displayName: string
  readonly bio: string | null
  /** IANA name, e.g. `Europe/Paris`. */
  readonly timezone: string
  /** e.g. `en` or `pt-BR`. */
  readonly locale: string
  /** `HH:MM` in the profile's timezone; null for no reminder. */
  readonly dailyReminderAt: string | null
  /** End of the paid time, ISO 8601 with offset; null without premium, and with premium for life. */
  readonly premiumUntil: string | null
  readonly premiumForLife: boolean
  /** ISO 8601 with offset. */
  readonly createdAt: string
  /** ISO 8601 with offset. */
  readonly updatedAt: string
}

/** What its user may write. In an edit every part is optional, and at least one is there. */
export interface ProfileInput {
  /** 1 to 80 characters. */
  displayName: string
  /**
   * At most 500 characters; null for none.
   *
   * @defaultValue unchanged, or null when the profile is new
   */
  bio?: string | null | undefined
  /**
   * IANA name, 1 to 64 characters.
   *
   * @defaultValue unchanged, or `UTC` when the profile is new
   */
  timezone?: string | undefined
  /**
   * Language, or language and country: `en`, `pt-BR`.
   *
   * @defaultValue unchanged, or `en` when the profile is new
   */
  locale?: string | undefined
  /**
   * `HH:MM`; null for no reminder.
   *
   * @defaultValue unchanged, or null when the profile is new
   */
  dailyReminderAt?: string | null | undefined
}

/** A row as PostgREST gives it for `profileColumns`. */
export interface ProfileRow {
  user_id: string
  display_name: string
  bio: string | null
  timezone: string
  locale: string
  daily_reminder_at: string | null
  premium_until: string | null
  created_at: string
  updated_at: string
}

export const profileColumns =
  'user_id,display_name,bio,timezone,locale,daily_reminder_at,premium_until,created_at,updated_at'

export const profileSchema = z.strictObject({
  displayName: databaseText(limits.profile.displayName),
  bio: databaseText(limits.profile.bio).nullable().optional(),
  timezone: databaseText(limits.profile.timezone).optional(),
  locale: z.string().regex(limits.profile.locale, 'must be a language such as en or pt-BR').optional(),
  dailyReminderAt: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time such as 08:30')
    .nullable()
    .optional(),
})

export const profileChangesSchema = profileSchema
  .partial()
  .refine((changes) => Object.values(changes).some((value) => value !== undefined), 'must change something')

/** The columns of a checked input, without those that it leaves out. */
export function profileToRow(input: z.output<typeof profileChangesSchema>) {
  return onlyGiven({
    display_name: input.displayName,
    bio: input.bio,
    timezone: input.timezone,
    locale: input.locale,
    daily_reminder_at: input.dailyReminderAt,
  })
}

export function profileFromRow(row: ProfileRow): Profile {
  const premiumForLife = row.premium_until === 'infinity'
  return {
    userId: row.user_id,
    displayName: row.display_name,
    bio: row.bio,
    timezone: row.timezone,
    locale: row.locale,
    dailyReminderAt: row.daily_reminder_at?.slice(0, 5) ?? null,
    premiumUntil: premiumForLife ? null : row.premium_until,
    premiumForLife,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
