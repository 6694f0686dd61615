import type { z } from 'zod'
import type { InputIssue } from '../errors.ts'
import { configJsonSchema, type JsonSchema } from './json-schema.ts'
import { isObject } from './layers.ts'
import { suggestion } from './suggestion.ts'

/**
 * What zod found, in words: every unknown key on a line of its own, with the key that was probably meant.
 * @param document what was read: a profile's keys depend on its kind
 */
export function configIssues(error: z.ZodError, document: unknown): InputIssue[] {
  return error.issues.flatMap((issue): InputIssue[] => {
    const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)))
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ path: [...path, key], message: unknownKey(path, key, document) }))
    }
    if (issue.code === 'invalid_key') return issue.issues.map(({ message }) => ({ path, message }))
    return [{ path, message: issue.message.replace(/^Invalid input: /, '') }]
  })
}

function unknownKey(path: (string | number)[], key: string, document: unknown): string {
  return `unknown key; ${suggestion(key, keysAt(path, document))}`
}

function keysAt(path: (string | number)[], document: unknown): string[] {
  const root = configJsonSchema()
  let schema: JsonSchema | undefined = root
  let value = document
  for (const part of path) {
    value = isObject(value) ? value[String(part)] : undefined
    const inner: unknown = schema?.additionalProperties
    schema = resolved(
      root,
      schema?.properties?.[String(part)] ?? (isObject(inner) ? (inner as JsonSchema) : undefined),
      value,
    )
  }
  return Object.keys(schema?.properties ?? {}).filter((key) => key !== '$schema')
}

/** Follows references, and among the shapes of a value the one that its kind or strategy says. */
function resolved(root: JsonSchema, schema: JsonSchema | undefined, value: unknown): JsonSchema | undefined {
  if (schema === undefined) return undefined
  const reference = schema.$ref ?? schema.allOf?.[0]?.$ref
  if (reference !== undefined) {
    const definitions = root.definitions as Record<string, JsonSchema>
    return resolved(root, definitions[reference.replace('#/definitions/', '')], value)
  }
  const shapes = schema.anyOf?.map((shape) => resolved(root, shape, value) ?? {})
  const { kind = 'load', strategy = undefined } = isObject(value) ? value : {}
  return (
    shapes?.find(({ properties }) => properties?.kind?.const === kind) ??
    shapes?.find(({ properties }) => strategy !== undefined && properties?.strategy?.const === strategy) ??
    shapes?.find(({ properties, additionalProperties }) => properties ?? additionalProperties) ??
    schema
  )
}
