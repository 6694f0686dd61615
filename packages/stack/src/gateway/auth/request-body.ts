import type { Context } from 'hono'
import type { z } from 'zod'
import { AuthError } from './error.ts'

/**
 * The request's JSON in this shape. As in Supabase Auth, unknown fields are ignored, `null` means absent, the content type does not matter.
 * @throws AuthError 400 `bad_json`
 */
export async function requestBody<Schema extends z.ZodType>(
  context: Context,
  schema: Schema,
): Promise<z.output<Schema>> {
  const value = parsed(await context.req.text())
  const result = schema.safeParse(value ?? {})
  if (result.success) return result.data
  const [issue] = result.error.issues
  // zod's messages name types, never the value.
  throw badJson(issue === undefined ? 'unexpected value' : `${issue.path.join('.') || 'body'}: ${issue.message}`)
}

function parsed(text: string): unknown {
  if (text.trim() === '') throw badJson('unexpected end of JSON input')
  try {
    return JSON.parse(text)
  } catch {
    // V8's message quotes the text around the fault, which may be a password.
    throw badJson('invalid JSON')
  }
}

function badJson(reason: string) {
  return new AuthError(400, 'bad_json', `Could not parse request body as JSON: ${reason}`)
}
