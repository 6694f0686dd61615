import { JourneysError } from '../errors.ts'
import {
  type Addiction,
  type AddictionInput,
  addictionChangesSchema,
  addictionColumns,
  addictionFromRow,
  addictionId,
  addictionSchema,
  addictionToRow,
} from './addiction.ts'
import { type AppContext, type CachedReadOptions, readOwn } from './app-context.ts'
import { parseInput } from './input.ts'
import { send } from './request-error.ts'

/** What the signed-in user is leaving. Every call throws `not_signed_in`, `unreachable` and `rate_limited` (writes) besides its own. */
export interface Addictions {
  /** @throws JourneysError `invalid_input`; `conflict` when the id is taken. */
  add(addiction: AddictionInput): Promise<Addiction>
  /** @throws JourneysError `invalid_input`; `not_found` when there is none with this id of this user. */
  edit(id: string, changes: Partial<Omit<AddictionInput, 'id'>>): Promise<Addiction>
  /** All of them, the one quit longest ago first, from the cache for up to five minutes. */
  list(options?: CachedReadOptions): Promise<readonly Addiction[]>
  /** @throws JourneysError `not_found` when there is none with this id of this user. */
  remove(id: string): Promise<void>
}

const table = 'user_addictions'

const tables = [table]

export function createAddictions(context: AppContext): Addictions {
  const { supabase, queries } = context
  return {
    async add(addiction) {
      const checked = parseInput(addictionSchema, addiction, 'addiction')
      return queries.write(tables, async (identity) => {
        const row = {
          ...addictionToRow(checked),
          id: checked.id ?? crypto.randomUUID(),
          user_id: identity.userId,
          kind: checked.kind,
          quit_on: checked.quitOn,
        }
        const request = supabase.from(table).insert(row).select(addictionColumns).single()
        return addictionFromRow(await send(request, identity))
      })
    },

    async edit(id, changes) {
      const own = parseInput(addictionId, id, 'id of an addiction')
      const checked = parseInput(addictionChangesSchema, changes, 'change of an addiction')
      return queries.write(tables, async (identity) => {
        const request = supabase
          .from(table)
          .update(addictionToRow(checked))
          .match({ id: own, user_id: identity.userId })
          .select(addictionColumns)
        const [row] = await send(request, identity)
        if (row === undefined) throw noSuchAddiction()
        return addictionFromRow(row)
      })
    },

    list(options = {}) {
      return readOwn(
        context,
        'addictions',
        async (identity) => {
          const request = supabase.from(table).select(addictionColumns).order('quit_on').order('id')
          return (await send(request, identity)).map(addictionFromRow)
        },
        { tables, fresh: options.fresh },
      )
    },

    async remove(id) {
      const own = parseInput(addictionId, id, 'id of an addiction')
      await queries.write(tables, async (identity) => {
        const request = supabase.from(table).delete().match({ id: own, user_id: identity.userId }).select('id')
        if ((await send(request, identity)).length === 0) throw noSuchAddiction()
      })
    },
  }
}

function noSuchAddiction(): JourneysError {
  return new JourneysError('not_found', 'There is no such addiction of this user')
}
