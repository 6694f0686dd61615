import { timingSafeEqual } from 'node:crypto'
import type { StackKeys } from '../keys.ts'

/** `undefined` when the key is one of the stack's, else the body of the 401, in the words of Supabase's gateway. */
export type ApiKeyCheck = (key: string | undefined) => { message: string; hint: string } | undefined

const missing = {
  message: 'No API key found in request',
  hint: 'No `apikey` request header or url param was found.',
}
const invalid = {
  message: 'Invalid API key',
  hint: 'Double check your Supabase `anon` or `service_role` API key.',
}

/** A check against both keys that takes as long for a nearly right key as for a wrong one of the same length. */
export function apiKeyCheck(keys: Pick<StackKeys, 'anonKey' | 'serviceRoleKey'>): ApiKeyCheck {
  const anon = Buffer.from(keys.anonKey)
  const service = Buffer.from(keys.serviceRoleKey)
  return (key) => {
    if (key === undefined || key === '') return missing
    const given = Buffer.from(key)
    const isAnon = given.length === anon.length && timingSafeEqual(given, anon)
    const isService = given.length === service.length && timingSafeEqual(given, service)
    return isAnon || isService ? undefined : invalid
  }
}
