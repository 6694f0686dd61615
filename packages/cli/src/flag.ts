import { z } from 'zod'
import { suggestion } from './did-you-mean.ts'

/** One option or argument: how it is written, what it says in the help, and how its raw text becomes a value. */
export interface Flag<T = unknown> {
  /** As commander writes it: `--users <n>`, `-q, --quiet`, `--watch [seconds]`; an argument is `<user>`. */
  readonly usage: string
  readonly description: string
  /** From what commander saw (text, `true` for a switch, `undefined` when absent) to the value that the command gets. */
  readonly schema: z.ZodType<T>
  /** The closed list of words it takes, for the help, the hints and the completion. */
  readonly values?: readonly string[] | undefined
  /** It may be given several times; the schema gets the list. */
  readonly repeatable?: boolean | undefined
}

export type FlagSet = Record<string, Flag>

export type Resolved<F extends FlagSet> = { [K in keyof F]: F[K] extends Flag<infer T> ? T : never }

export function flag<T>(usage: string, description: string, schema: z.ZodType<T>, values?: readonly string[]): Flag<T> {
  return { usage, description, schema, values }
}

/** `--out json --out junit`: each time one more; an empty list when absent. */
export function repeated<T>(
  usage: string,
  description: string,
  item: z.ZodType<T>,
  values?: readonly string[],
): Flag<T[]> {
  return { usage, description, schema: z.array(item).default([]), values, repeatable: true }
}

/** `--dry-run`: false unless given. */
export function toggle(usage: string, description: string): Flag<boolean> {
  return flag(usage, description, z.boolean().default(false))
}

/** One word of a closed list; undefined when absent. */
export function choice<const V extends readonly string[]>(
  usage: string,
  description: string,
  values: V,
): Flag<V[number] | undefined> {
  return flag(usage, description, oneOf(values).optional(), values)
}

const problem = (message: string, hint?: string) => ({ code: 'custom' as const, message, params: { hint } })

/** @throws as a zod issue: `is unknown: "spik"`, with the words that it takes as hint. */
export function oneOf<const V extends readonly string[]>(values: V): z.ZodType<V[number]> {
  return z.string().transform((typed, context) => {
    if (values.includes(typed)) return typed as V[number]
    context.issues.push({ ...problem(`does not take "${typed}"`, suggestion(typed, values)), input: typed })
    return z.NEVER
  })
}

/** `a,b`: words of a closed list, each once. */
export function listOf(values: readonly string[]): z.ZodType<string[]> {
  return z.string().transform((typed, context) => {
    const words = [...new Set(typed.split(',').map((word) => word.trim()))].filter((word) => word !== '')
    if (words.length === 0) context.issues.push({ ...problem('needs at least one name'), input: typed })
    for (const word of words.filter((one) => !values.includes(one))) {
      context.issues.push({ ...problem(`does not take "${word}"`, suggestion(word, values)), input: typed })
    }
    return words
  })
}

/** A whole number within bounds, written in digits: `1e3` and `0x10` are mistakes, not numbers. */
export function wholeNumber(least: number, most: number): z.ZodType<number> {
  return z.string().transform((typed, context) => {
    const value = Number(typed)
    if (/^\d+$/.test(typed) && value >= least && value <= most) return value
    context.issues.push({
      ...problem(`must be a whole number from ${least} to ${most}, not "${typed}"`),
      input: typed,
    })
    return z.NEVER
  })
}

/** `500ms`, `30s`, `2m`, `1m30s`, `1h` as milliseconds, within bounds; a bare number is refused because its unit is a guess. */
export function duration(leastMs: number, mostMs: number): z.ZodType<number> {
  return z.string().transform((typed, context) => {
    const value = parseDuration(typed)
    if (value !== undefined && value >= leastMs && value <= mostMs) return value
    const bounds = `from ${plainDuration(leastMs)} to ${plainDuration(mostMs)}`
    context.issues.push({ ...problem(`must be a time such as 30s or 2m, ${bounds}, not "${typed}"`), input: typed })
    return z.NEVER
  })
}

/** `2026-11-23`, a day that there is and that is not yet to come, as its beginning in UTC. */
export function calendarDay(): z.ZodType<Date> {
  return z.string().transform((typed, context) => {
    const day = new Date(`${typed}T00:00:00Z`)
    const exists =
      /^\d{4}-\d{2}-\d{2}$/.test(typed) && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(typed)
    if (exists && day.getTime() <= Date.now()) return day
    const message = exists
      ? `is a day that is yet to come: "${typed}"`
      : `must be a day such as 2026-11-23, not "${typed}"`
    context.issues.push({ ...problem(message), input: typed })
    return z.NEVER
  })
}

const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** Milliseconds, or undefined when the text is not a duration. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return undefined
  let total = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    total += Number(amount) * (unitMs[unit ?? ''] ?? Number.NaN)
  }
  return Math.round(total)
}

/** Milliseconds as one would type them: `30s`, `2m`. */
export function plainDuration(ms: number): string {
  for (const unit of ['h', 'm', 's']) {
    const size = unitMs[unit] ?? 1
    if (ms >= size && ms % size === 0) return `${ms / size}${unit}`
  }
  return `${ms}ms`
}
