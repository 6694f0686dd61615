import { AuthError } from './error.ts'

const unitMs: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

/** Go's duration ends there (2^63 ns, 292 years). */
const MAX_MS = 2 ** 63 / 1e6

/**
 * Milliseconds of a duration as Go writes it, which is what Supabase Auth takes for `ban_duration`: `24h`, `1h30m`, `1.5h`; `none` is 0.
 * @throws AuthError 400 `validation_failed`
 */
export function banMilliseconds(text: string): number {
  if (text === 'none' || /^[+-]?0$/.test(text)) return 0
  const [, sign, parts] = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.exec(text) ?? []
  if (parts === undefined) throw invalid(text)
  let total = 0
  for (const [, amount, unit] of parts.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    total += Number(amount) * (unitMs[unit as string] as number)
  }
  if (total > MAX_MS) throw invalid(text)
  return sign === '-' ? -total : total
}

function invalid(text: string) {
  const shown = JSON.stringify(text.slice(0, 40))
  return new AuthError(400, 'validation_failed', `invalid format for ban duration: time: invalid duration ${shown}`)
}
