import type { Column } from '../map-reach.ts'

/** A JSON Schema, as far as this room writes them. */
export type JsonSchema = Record<string, unknown>

const infinite = { enum: ['infinity', '-infinity'] }
/** What Postgres can count and RFC 3339 cannot: before our era, and after the year 9999. */
const farAway = { type: 'string', pattern: '( BC$)|(^[0-9]{5,}-)' }
const notFinite = { enum: ['NaN', 'Infinity', '-Infinity'] }

/** By the type's name in pg_type: what Postgres' own `to_json` makes of it. */
const byType: Record<string, JsonSchema> = {
  bool: { type: 'boolean' },
  int2: { type: 'integer' },
  int4: { type: 'integer' },
  int8: { type: 'integer' },
  oid: { type: 'integer' },
  numeric: { anyOf: [{ type: 'number' }, notFinite] },
  float4: { anyOf: [{ type: 'number' }, notFinite] },
  float8: { anyOf: [{ type: 'number' }, notFinite] },
  uuid: { type: 'string', format: 'uuid' },
  date: { anyOf: [{ type: 'string', format: 'date' }, infinite, farAway] },
  timestamptz: { anyOf: [{ type: 'string', format: 'date-time' }, infinite, farAway] },
  // Without a zone they are no date-time of RFC 3339.
  timestamp: { type: 'string' },
  time: { type: 'string' },
  timetz: { type: 'string' },
  interval: { type: 'string' },
  bytea: { type: 'string', pattern: '^\\\\x[0-9a-f]*$' },
  text: { type: 'string' },
  varchar: { type: 'string' },
  bpchar: { type: 'string' },
  citext: { type: 'string' },
  name: { type: 'string' },
  inet: { type: 'string' },
  cidr: { type: 'string' },
}

/** What stands in the JSON file for a value of this column. A type that is not known here may be anything. */
export function valueSchema({ base, isArray, notNull, maxLength }: Column): JsonSchema {
  const known = byType[base]
  if (known === undefined) return {}
  const one = maxLength === null || known.type !== 'string' ? known : { ...known, maxLength }
  // Postgres does not say how many dimensions an array has, and its elements may be missing.
  const value = isArray ? { type: 'array', items: { anyOf: [one, { type: ['null', 'array'] }] } } : one
  return notNull ? value : { anyOf: [value, { type: 'null' }] }
}
