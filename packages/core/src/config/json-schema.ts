import { z } from 'zod'
import { configFileSchema } from './schema.ts'

export interface JsonSchema {
  properties?: Record<string, JsonSchema>
  additionalProperties?: boolean | JsonSchema
  [keyword: string]: unknown
}

let made: JsonSchema | undefined

/** journeys.config.schema.json: what an editor needs to complete and check the file. A test keeps the one on disk current. */
export function configJsonSchema(): JsonSchema {
  made ??= z.toJSONSchema(configFileSchema, { io: 'input', target: 'draft-7' }) as JsonSchema
  return made
}
