import { labelled } from '../output/lines.ts'
import type { Look } from '../output/look.ts'
import { formatCount } from '../output/number.ts'
import { renderTable } from '../output/table.ts'

export interface ShownAttempt {
  /** How a person would know who it is: what they typed, or the id. */
  name: string
  outcome: 'done' | 'partial' | 'failed'
  erasure: string | null
  note: string
  refusal: { message: string; detail: string | null; hint: string | null } | null
}

/** As many as somebody reads; all of them are in `--json`. */
const most = 50

/** What became of each of several: first those that somebody has to look at. */
export function renderAttempts(attempts: readonly ShownAttempt[], look: Look): string {
  const worstFirst = [...attempts].sort((one, other) => order.indexOf(one.outcome) - order.indexOf(other.outcome))
  const shown = worstFirst.slice(0, most)
  const { paint, width } = look
  const paints = { done: paint.green, partial: paint.yellow, failed: paint.red }
  return [
    renderTable(
      [{ heading: 'person' }, { heading: 'outcome' }, { heading: 'erasure' }, { heading: '', flexible: true }],
      shown.map(({ name, outcome, erasure, note }) => [name, paints[outcome](outcome), erasure ?? '–', note]),
      look,
    ),
    ...(attempts.length > most ? [`  and ${formatCount(attempts.length - most)} more: --json has all of them`] : []),
    ...shown.flatMap(({ name, refusal }) =>
      refusal === null
        ? []
        : [
            '',
            labelled(`  ${name}`, refusal.message, { column: name.length + 4, width }),
            ...(refusal.detail === null ? [] : [labelled('', refusal.detail, { column: 4, width })]),
            ...(refusal.hint === null ? [] : [`    ${paint.cyan('do')}  ${refusal.hint}`]),
          ],
    ),
  ].join('\n')
}

const order = ['failed', 'partial', 'done']
