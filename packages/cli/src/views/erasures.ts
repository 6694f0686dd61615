import type { About } from '../command.ts'
import type { ErasureDocument } from '../documents/erasure.ts'
import { renderHeader, renderNext } from '../output/header.ts'
import type { Look } from '../output/look.ts'
import { formatPlural } from '../output/number.ts'
import { renderTable } from '../output/table.ts'
import { dayOf, paintState, renderErasure } from './erasure.ts'

interface ShownErasures {
  counts: { open: number; failed: number; partial: number; done: number }
  named: boolean
  onlyOverdue: boolean
  erasures: ErasureDocument[]
  files: Record<string, string>
}

/** One erasure with all its steps, or a line for each with what to type for the first that needs it. */
export function renderErasures(shown: ShownErasures, look: Look, about: About): string {
  const { erasures, named, counts } = shown
  const [first] = erasures
  if (named && first !== undefined && erasures.length === 1) {
    return renderErasure(first, shown.files[first.erasure], look, about)
  }
  const verdict = verdictOf(shown, look)
  const header = renderHeader(
    ['Journeys erasures', about.environment, formatPlural(counts.done, 'done', 'done')],
    verdict,
    look,
  )
  if (erasures.length === 0) return [header, '', ...nothing(shown, about)].join('\n')
  return [
    header,
    '',
    renderTable(
      [
        { heading: 'erasure' },
        { heading: 'state' },
        { heading: 'requested' },
        { heading: 'due' },
        { heading: 'days left', align: 'right' },
        { heading: 'by hand', flexible: true },
      ],
      erasures.map((one) => rowOf(one, look)),
      look,
    ),
    '',
    renderNext(whatToType(erasures, about), look),
  ].join('\n')
}

function verdictOf({ erasures, counts, onlyOverdue }: ShownErasures, { paint }: Look): string {
  const late = erasures.filter((one) => one.overdue || one.byHandOverdue).length
  if (late > 0) return paint.red(`${late} OVERDUE`)
  if (onlyOverdue) return paint.green('none overdue')
  const unfinished = counts.open + counts.failed + counts.partial
  if (unfinished > 0) return paint.yellow(`${unfinished} not done`)
  const byHand = erasures.reduce((sum, one) => sum + one.openByHand, 0)
  return byHand > 0 ? paint.yellow(`${formatPlural(byHand, 'step')} by hand`) : paint.green('none open')
}

function nothing({ onlyOverdue, counts }: ShownErasures, { environment }: About): string[] {
  if (onlyOverdue) return ['Nothing is overdue.']
  const known = counts.open + counts.failed + counts.partial + counts.done
  if (known === 0) return ['The ledger is empty: nobody was erased yet.']
  return [
    'No erasure is under way, and nothing is left to do by hand.',
    ...(counts.done > 0 ? [`All of them: journeys gdpr status --all${envFlag(environment)}`] : []),
  ]
}

function rowOf(one: ErasureDocument, look: Look): string[] {
  const { paint } = look
  const isOver = one.state === 'done'
  const days = String(one.daysLeft).replace('-', '−')
  const left = one.overdue || one.byHandOverdue ? paint.red(days) : one.held ? 'held' : days
  const byHand =
    one.openByHand === 0
      ? one.byHand.length === 0
        ? '–'
        : 'all done'
      : `${one.openByHand} of ${one.byHand.length} open`
  return [
    one.erasure,
    paintState(one.state, look),
    dayOf(one.requestedAt),
    dayOf(one.dueAt),
    isOver && one.openByHand === 0 ? '–' : left,
    byHand,
  ]
}

/** For the first that is not done, and for the first with something by hand: the two things that this list leads to. */
function whatToType(erasures: readonly ErasureDocument[], { environment }: About): string[] {
  const stuck = erasures.find((one) => one.state !== 'done' && !(one.state === 'partial' && one.held))
  const byHand = erasures.find((one) => one.openByHand > 0)
  const commands = [
    ...(stuck ? [`journeys gdpr anonymize ${stuck.erasure}`] : []),
    ...(byHand && byHand !== stuck ? [`journeys gdpr status ${byHand.erasure}`] : []),
  ]
  const all = commands.length > 0 ? commands : [`journeys gdpr status ${erasures[0]?.erasure}`]
  return all.map((command) => `${command}${envFlag(environment)}`)
}

function envFlag(environment: string): string {
  return environment === 'local' ? '' : ` --env ${environment}`
}
