import { z } from 'zod'
import { type InputIssue, JourneysError } from '../errors.ts'

/**
 * The input as its schema gives it back.
 *
 * @param what names the input in the message: `journal entry`.
 * @throws JourneysError `invalid_input` with every issue at once, in `issues` for a form and in `detail` for a person.
 */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown, what: string): z.output<Schema> {
  const result = schema.safeParse(input)
  if (result.success) return result.data
  const issues: InputIssue[] = result.error.issues.map((issue) => ({
    path: issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part)),
    message: issue.message,
  }))
  throw new JourneysError('invalid_input', `This is not a valid ${what}`, {
    detail: issues
      .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
      .join('\n'),
    issues,
  })
}

/**
 * The answer of a database function as its schema gives it back.
 *
 * @throws JourneysError `unexpected_answer` when the server speaks another version of the app's language.
 */
export function parseAnswer<Schema extends z.ZodType>(schema: Schema, answer: unknown, what: string): z.output<Schema> {
  const result = schema.safeParse(answer)
  if (result.success) return result.data
  throw new JourneysError('unexpected_answer', `The server's ${what} has another shape than this version knows`, {
    detail: z.prettifyError(result.error),
    hint: 'Update the app, or apply the pending migrations.',
  })
}

/** Only the parts that were given: with these a PATCH or an upsert leaves the others as they are. */
type Given<T> = { [Key in keyof T as undefined extends T[Key] ? Key : never]?: Exclude<T[Key], undefined> } & {
  [Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key]
}

export function onlyGiven<T extends object>(values: T): Given<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given<T>
}

/** Text that a Postgres column of these lengths takes: counted in code points, without NUL and without half characters. */
export function databaseText({ min = 0, max }: { min?: number; max: number }) {
  return z.string().check((context) => {
    const { value } = context
    const length = characters(value, min, max)
    if (length < min || length > max) {
      context.issues.push({
        code: 'custom',
        input: value,
        message: min === 0 ? `must have at most ${max} characters` : `must have ${min} to ${max} characters`,
      })
    }
    if (/\0|\p{Surrogate}/u.test(value)) {
      context.issues.push({ code: 'custom', input: value, message: 'must not contain NUL or half of a character' })
    }
  })
}

/** Code points, counted only when the UTF-16 length leaves it open: a code point is one or two units. */
function characters(value: string, min: number, max: number): number {
  if ((value.length >= min * 2 && value.length <= max) || value.length > max * 2) return value.length
  let count = 0
  for (const _ of value) count += 1
  return count
}
