import { AuthError } from './error.ts'

/** `user_metadata` or `app_metadata`: whatever JSON object the app keeps with a user. */
export type Metadata = Record<string, unknown>

/** A change of metadata for `(coalesce(old, '{}') || $set::jsonb) - $remove::text[]`: the keys given as null go, the others are set. */
export function metadataChange(changes: Metadata): { set: string; remove: string[] } {
  const entries = Object.entries(changes)
  return {
    set: jsonb(Object.fromEntries(entries.filter(([, value]) => value !== null))),
    remove: entries.filter(([, value]) => value === null).map(([key]) => key),
  }
}

/**
 * A value as the text of a `jsonb` parameter.
 * @throws AuthError 400 for JSON nested more deeply than this process can write back
 */
export function jsonb(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch (error) {
    if (error instanceof RangeError) throw new AuthError(400, 'bad_json', 'The JSON is nested too deeply')
    throw error
  }
}
