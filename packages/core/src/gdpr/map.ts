import type { PersonalDataSettings, StrategyName, WrittenDecision, WrittenStep } from '../config/personal-data.ts'
import { byHandSteps, ownTables, passingTables, type TableDecisions } from '../config/personal-data-built-in.ts'
import { hostedTables } from '../config/personal-data-hosted.ts'

/** What an erasure does with a column: always an object with its `strategy`, however it was written. */
export type Decision = Exclude<WrittenDecision, string> | { strategy: 'erase' } | { strategy: 'unlink' }

/** `own`: of this repository's migrations; `hosted`: of what a Supabase project brings, which may be absent. */
export type DecisionOrigin = 'own' | 'hosted' | 'file'

export interface DecidedColumn {
  decision: Decision
  origin: DecisionOrigin
}

export interface ByHandStep extends WrittenStep {
  id: string
}

export interface PersonalDataMap {
  /** schema.table, which may have `*` in it → column → what was decided. */
  tables: ReadonlyMap<string, ReadonlyMap<string, DecidedColumn>>
  /** What a person does, because no command can. */
  byHand: readonly ByHandStep[]
}

/** The built-in map with journeys.config.json laid over it, column by column. */
export function personalDataMap(settings: PersonalDataSettings): PersonalDataMap {
  const tables = new Map<string, Map<string, DecidedColumn>>()
  const lay = (decisions: TableDecisions, origin: DecisionOrigin) => {
    for (const [table, columns] of Object.entries(decisions)) {
      tables.set(
        table,
        new Map(Object.entries(columns).map(([name, written]) => [name, { decision: decisionOf(written), origin }])),
      )
    }
  }
  lay(ownTables, 'own')
  lay(passingTables, 'hosted')
  lay(hostedTables, 'hosted')
  for (const [table, columns] of Object.entries(settings.tables)) {
    if (columns === null) {
      tables.delete(table)
      continue
    }
    const decided = tables.get(table) ?? new Map<string, DecidedColumn>()
    for (const [name, written] of Object.entries(columns)) {
      if (written === null) decided.delete(name)
      else decided.set(name, { decision: decisionOf(written), origin: 'file' })
    }
    tables.set(table, decided)
  }
  return { tables, byHand: stepsOf({ ...byHandSteps, ...settings.byHand }) }
}

/** What was decided about a table: by its name, or else by the first name with `*` that fits. */
export function decisionsOf(map: PersonalDataMap, table: string): ReadonlyMap<string, DecidedColumn> {
  const exact = map.tables.get(table)
  if (exact !== undefined) return exact
  for (const [name, columns] of map.tables) if (isPattern(name) && fits(name, table)) return columns
  return new Map()
}

export function isPattern(table: string): boolean {
  return table.includes('*')
}

function fits(pattern: string, table: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 's').test(table)
}

function decisionOf(written: WrittenDecision): Decision {
  return typeof written === 'string' ? { strategy: written } : written
}

function stepsOf(steps: Record<string, WrittenStep | null>): ByHandStep[] {
  return Object.entries(steps).flatMap(([id, step]) => (step === null ? [] : [{ id, ...step }]))
}

/** A decision in a few words: `keep 10 years: accounting law …`. */
export function describeDecision(decision: Decision): string {
  switch (decision.strategy) {
    case 'overwrite':
      if ('random' in decision) return 'overwrite with a random uuid'
      if ('dayOf' in decision) return `overwrite with the day of ${decision.dayOf}`
      return `overwrite with ${JSON.stringify(decision.value)}`
    case 'keep':
      return `keep ${decision.period}: ${decision.ground}`
    case 'not-personal':
      return `not personal: ${decision.reason}`
    default:
      return decision.strategy satisfies StrategyName
  }
}
