import type { AnonymizationPlan } from '@journeys/core/ops'
import { labelled } from '../output/lines.ts'
import type { Look } from '../output/look.ts'
import { formatCount } from '../output/number.ts'

type Part = AnonymizationPlan['erase'][number]

const column = 13

/** Per class of data what happens to it, in the order in which a person would ask. */
export function renderAnonymizationPlan(plan: Omit<AnonymizationPlan, 'user'>, look: Look): string {
  const { width, paint } = look
  const line = (label: string, text: string) => labelled(`  ${paint.bold(label)}`, text, { column, width })
  return [
    line('erase', parts(plan.erase)),
    ...plan.overwrite.map((part, index) => line(index === 0 ? 'overwrite' : '', describe(part))),
    ...plan.keep.map((part, index) => line(index === 0 ? 'keep' : '', describe(part))),
    ...plan.notCovered.map((text, index) => line(index === 0 ? 'by hand' : '', text)),
  ].join('\n')
}

function parts(list: readonly Part[]): string {
  const some = list.filter(({ count }) => count > 0)
  return some.map(({ table, count }) => `${shortName(table)} ${formatCount(count)}`).join(' · ')
}

function describe({ table, count, note }: Part): string {
  return `${shortName(table)} ${formatCount(count)}${note === undefined ? '' : `: ${note}`}`
}

/** The app's own tables go by their name alone. */
function shortName(table: string): string {
  return table.replace(/^public\./, '')
}
