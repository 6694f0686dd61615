import type { z } from 'zod'
import type { Exchange } from '../exchange.ts'
import { incomingBody } from '../incoming-body.ts'
import { discardUpload } from '../refused-upload.ts'
import { refusal, StorageError } from './error.ts'

/** A thousand names of a thousand characters. */
const BODY_BYTES = 2 * 1024 * 1024

/** The client left, so there is nobody to tell. */
export class Gone extends Error {
  override readonly name = 'Gone'
}

/**
 * The request's JSON in this shape.
 * @throws StorageError 400 `InvalidRequest`, 413 `EntityTooLarge`; Gone
 */
export async function requestBody<Schema extends z.ZodType>(
  exchange: Exchange,
  schema: Schema,
): Promise<z.output<Schema>> {
  const body = await incomingBody(exchange, BODY_BYTES)
  if (body === 'gone') throw new Gone()
  if (body === 'too large') {
    exchange.response.once('finish', () => discardUpload(exchange.request))
    throw new StorageError(413, 'EntityTooLarge', 'Payload too large', 'Request body is too large', { httpStatus: 413 })
  }
  const result = schema.safeParse(parsed(body.toString()))
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw refusal.invalidBody(`body/${issue?.path.join('/') ?? ''} ${issue?.message ?? 'is not valid'}`)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw refusal.invalidBody('Body is not valid JSON')
  }
}
