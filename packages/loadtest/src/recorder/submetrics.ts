import type { ThresholdRule } from '@journeys/core/ops'
import { Part } from './part.ts'

/** What a sample is told apart by. An iteration has no request, a dropped one not even a scenario. */
export interface Tagged {
  readonly scenario?: string
  readonly phase?: string
  readonly name?: string
  readonly status?: number
  readonly failed?: boolean
}

type Tags = ThresholdRule['tags']

/**
 * Figures of their own for thresholds with tags, as k6 keeps them.
 * https://grafana.com/docs/k6/latest/using-k6/thresholds/#set-thresholds-for-specific-tags
 */
export class Submetrics {
  readonly #parts = new Map<string, { tags: Tags; part: Part }>()

  constructor(rules: readonly Pick<ThresholdRule, 'tags'>[]) {
    for (const { tags } of rules) {
      if (Object.keys(tags).length > 0) this.#parts.set(keyOf(tags), { tags, part: new Part() })
    }
  }

  /** Of a rule that this was made with. */
  of({ tags }: Pick<ThresholdRule, 'tags'>): Part | undefined {
    return this.#parts.get(keyOf(tags))?.part
  }

  matching(sample: Tagged): Part[] {
    if (this.#parts.size === 0) return []
    return [...this.#parts.values()].filter(({ tags }) => matches(tags, sample)).map(({ part }) => part)
  }
}

function matches(tags: Tags, { scenario, phase, name, status, failed }: Tagged): boolean {
  return (
    (tags.scenario === undefined || tags.scenario === scenario) &&
    (tags.phase === undefined || tags.phase === phase) &&
    (tags.name === undefined || tags.name === name) &&
    (tags.status === undefined || tags.status === String(status)) &&
    (tags.expected_response === undefined || tags.expected_response === String(failed === false))
  )
}

function keyOf(tags: Tags): string {
  return JSON.stringify(Object.entries(tags).sort(([a], [b]) => (a < b ? -1 : 1)))
}
