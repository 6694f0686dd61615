import { JourneysError } from '../errors.ts'
import { type AppContext, type CachedReadOptions, readOwn } from './app-context.ts'
import { parseInput } from './input.ts'
import {
  type Profile,
  type ProfileInput,
  profileChangesSchema,
  profileColumns,
  profileFromRow,
  profileSchema,
  profileToRow,
} from './profile.ts'
import { send } from './request-error.ts'

/** The signed-in user's profile. Every call throws `not_signed_in`, `unreachable` and `rate_limited` (writes) besides its own. */
export interface Profiles {
  /** The profile, from the cache for up to five minutes; null when this user has none yet. */
  get(options?: CachedReadOptions): Promise<Profile | null>
  /**
   * Makes the profile, or changes the parts that are given when there is one.
   *
   * @throws JourneysError `invalid_input` with every issue, before anything is sent.
   */
  save(profile: ProfileInput): Promise<Profile>
  /**
   * Changes parts of the profile.
   *
   * @throws JourneysError `invalid_input`; `not_found` when this user has no profile yet.
   */
  edit(changes: Partial<ProfileInput>): Promise<Profile>
}

const table = 'profiles'

export const profileTables = [table]

export function createProfiles(context: AppContext): Profiles {
  const { supabase, queries } = context
  return {
    get(options = {}) {
      return readOwn(
        context,
        'profile',
        async (identity) => {
          const request = supabase.from(table).select(profileColumns).eq('user_id', identity.userId)
          const [row] = await send(request, identity)
          return row === undefined ? null : profileFromRow(row)
        },
        { tables: profileTables, fresh: options.fresh },
      )
    },

    async save(profile) {
      const checked = parseInput(profileSchema, profile, 'profile')
      return queries.write(profileTables, async (identity) => {
        const row = { ...profileToRow(checked), display_name: checked.displayName, user_id: identity.userId }
        const request = supabase.from(table).upsert(row, { onConflict: 'user_id' }).select(profileColumns).single()
        return profileFromRow(await send(request, identity))
      })
    },

    async edit(changes) {
      const checked = parseInput(profileChangesSchema, changes, 'change of a profile')
      return queries.write(profileTables, async (identity) => {
        const request = supabase
          .from(table)
          .update(profileToRow(checked))
          .eq('user_id', identity.userId)
          .select(profileColumns)
        const [row] = await send(request, identity)
        if (row === undefined) {
          throw new JourneysError('not_found', 'This user has no profile yet', {
            hint: 'Make one first: profiles.save({ displayName: ... }).',
          })
        }
        return profileFromRow(row)
      })
    },
  }
}
