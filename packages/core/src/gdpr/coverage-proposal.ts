import type { WrittenDecision } from '../config/personal-data.ts'
import type { DecidedColumn } from './map.ts'
import type { Column, Relation } from './map-reach.ts'

/** What goes under `personalData.tables` in journeys.config.json. */
export type Proposal = Record<string, Record<string, WrittenDecision>>

/** For columns that nobody has decided about: as the rest of their table; a table of its own is erased. */
export function proposeUndecided(
  relation: Relation,
  names: readonly string[],
  decided: ReadonlyMap<string, DecidedColumn>,
): Record<string, WrittenDecision> {
  const strategies = new Set([...decided.values()].map(({ decision }) => decision.strategy))
  const erased = strategies.has('erase') || strategies.size === 0
  return Object.fromEntries(names.map((name) => [name, erased ? 'erase' : emptied(columnOf(relation, name))]))
}

/** Every column of a table: for what can only go with its whole row. */
export function proposeErase(relation: Relation): Record<string, WrittenDecision> {
  return Object.fromEntries(relation.columns.map(({ name }) => [name, 'erase']))
}

/** Takes what a column says out of a row that stays, in a way that the column can take. */
export function emptied(column: Column): WrittenDecision {
  if (column.generated || column.alwaysIdentity) {
    return { strategy: 'not-personal', reason: 'made by the database: it follows the columns that it is made of' }
  }
  if (!column.notNull) return 'unlink'
  if (column.base === 'uuid' && !column.isArray) return { strategy: 'overwrite', random: 'uuid' }
  return { strategy: 'overwrite', value: neutral(column) }
}

function neutral({ base, isArray, maxLength }: Column): unknown {
  if (isArray) return '{}'
  if (base === 'json' || base === 'jsonb') return {}
  if (base === 'bool') return false
  if (/^(int[248]|float[48]|numeric|money)$/.test(base)) return 0
  if (/^(date|timestamp|timestamptz)$/.test(base)) return '1970-01-01'
  if (/^timetz?$/.test(base)) return '00:00'
  if (base === 'inet' || base === 'cidr') return '0.0.0.0'
  if (base === 'interval') return '0'
  if (base === 'bytea') return '\\x'
  return maxLength !== null && maxLength < erasedText.length ? '' : erasedText
}

const erasedText = '[ERASED]'

export function columnOf(relation: Relation, name: string): Column {
  const column = relation.columns.find((one) => one.name === name)
  if (column === undefined) throw new Error(`no column ${name}`)
  return column
}
