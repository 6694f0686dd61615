import type { InputIssue } from '../errors.ts'
import { isObject } from './layers.ts'

const secretKey =
  /pass(word|wd|phrase)|secret|token|credential|jwt|(service_?-?role|anon|api|private)_?-?key|(database|db)_?-?ur[il]/i
/** A JWT, Supabase's own key formats, a URL with a password in it. */
const secretValue = /^eyJ[\w-]+\.[\w-]+\.|^sb_(secret|publishable)_|^[a-z][a-z0-9+.-]*:\/\/[^/\s@]*:[^/\s@]+@/i

/**
 * Finds what looks like a secret in the config file, which is committed and read by everyone.
 * @returns the findings, and the document without them, so that they are not reported again as unknown keys
 */
export function findSecrets(document: unknown): { issues: InputIssue[]; rest: unknown } {
  const issues: InputIssue[] = []
  const walk = (value: unknown, path: (string | number)[]): unknown => {
    if (Array.isArray(value)) return value.map((inner, index) => walk(inner, [...path, index]))
    if (!isObject(value)) return value
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, inner]): [string, unknown][] => {
        const here = [...path, key]
        if ((secretKey.test(key) && !isOwnName(path)) || (typeof inner === 'string' && secretValue.test(inner))) {
          issues.push({ path: here, message: advice(key, path) })
          return []
        }
        return [[key, walk(inner, here)]]
      }),
    )
  }
  const rest = walk(document, [])
  return { issues, rest }
}

/** People choose the names of environments and profiles: `token-sale` is one. A map of tables names columns: `recovery_token`. */
function isOwnName(path: (string | number)[]): boolean {
  return path.at(-1) === 'environments' || path.at(-1) === 'profiles' || path[0] === 'personalData'
}

function advice(key: string, path: (string | number)[]): string {
  const file = path[0] === 'environments' && path[1] !== undefined ? `.env.${path[1]}` : '.env'
  return `a secret does not belong in this file: put it into the environment or ${file} as ${variable(key)}, and replace it if the file was ever shared`
}

function variable(key: string): string {
  if (/anon|publishable/i.test(key)) return 'SUPABASE_ANON_KEY'
  if (/jwt/i.test(key)) return 'SUPABASE_JWT_SECRET'
  if (/ur[il]|pass|database|db/i.test(key)) return 'DATABASE_URL'
  return 'SUPABASE_SERVICE_ROLE_KEY'
}
