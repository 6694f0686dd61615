import { z } from 'zod'
import { configFileSchema } from './schema.ts'

export interface JsonSchema {
  properties?: Record<string, JsonSchema>
  additionalProperties?: boolean | JsonSchema
  $ref?: string
  allOf?: JsonSchema[]
  anyOf?: JsonSchema[]
  required?: string[]
  [keyword: string]: unknown
}

let made: JsonSchema | undefined

/** journeys.config.schema.json: what an editor needs to complete and check the file. A test keeps the one on disk current. */
export function configJsonSchema(): JsonSchema {
  made ??= z.toJSONSchema(configFileSchema, {
    io: 'input',
    target: 'draft-7',
    override: ({ jsonSchema }) => {
      if (jsonSchema.id === 'profile') kindMayBeLeftOut(jsonSchema as JsonSchema)
      // Draft 4 named a schema so; the name is already the key under `definitions`.
      delete jsonSchema.id
    },
  }) as JsonSchema
  return made
}

/** A change of a built-in profile need not repeat its kind, so a part of a profile may fit several kinds. */
function kindMayBeLeftOut(profile: JsonSchema): void {
  profile.anyOf = (profile.oneOf as JsonSchema[]).map(({ required: _, ...kind }) => kind)
  delete profile.oneOf
}
