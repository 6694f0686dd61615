import { closest, distance } from 'fastest-levenshtein'
import type { z } from 'zod'
import type { InputIssue } from '../errors.ts'
import { configJsonSchema, type JsonSchema } from './json-schema.ts'

/** What zod found, in words: every unknown key on a line of its own, with the key that was probably meant. */
export function configIssues(error: z.ZodError): InputIssue[] {
  return error.issues.flatMap((issue): InputIssue[] => {
    const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)))
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: [...path, key], message: unknownKey(path, key) }))
    }
    if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => ({ path, message }))
    return [{ path, message: issue.message.replace(/^Invalid input: /, '') }]
  })
}

/** `did you mean x?`, or else the list of what there is. */
export function suggestion(word: string, known: string[]): string {
  if (known.length === 0) return 'there is none'
  const near = closest(
    word.toLowerCase(),
    known.map((one) => one.toLowerCase()),
  )
  const meant = known.find((one) => one.toLowerCase() === near)
  // Half the word's length: further away it is a guess, not a suggestion.
  if (meant !== undefined && distance(word.toLowerCase(), near) <= Math.max(2, Math.floor(meant.length / 2))) {
    return `did you mean ${meant}?`
  }
  return `one of: ${known.join(', ')}`
}

function unknownKey(path: (string | number)[], key: string): string {
  return `unknown key; ${suggestion(key, keysAt(path))}`
}

function keysAt(path: (string | number)[]): string[] {
  let schema: JsonSchema | undefined = configJsonSchema()
  for (const part of path) {
    const inner: unknown = schema?.additionalProperties
    schema = schema?.properties?.[String(part)] ?? (typeof inner === 'object' ? (inner as JsonSchema) : undefined)
  }
  return Object.keys(schema?.properties ?? {}).filter((key) => key !== '$schema')
}
