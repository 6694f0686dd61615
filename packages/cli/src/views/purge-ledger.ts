import type { About } from '../command.ts'
import { formatDuration } from '../output/duration.ts'
import { renderHeader, renderNext } from '../output/header.ts'
import { wrap } from '../output/lines.ts'
import type { Look } from '../output/look.ts'
import { formatPlural } from '../output/number.ts'
import { renderTable } from '../output/table.ts'

interface ShownCandidate {
  erasure: string
  finishedAt: string
  receipts: number
  openByHand: string[]
}

export interface PurgeDocument {
  applied: boolean
  period: string
  before: string
  purge: ShownCandidate[]
  waiting: ShownCandidate[]
  receipts?: number
  files?: number
}

/** What is too old to be remembered, and what has to be remembered all the same. */
export function renderPurge(document: PurgeDocument, look: Look, about: About): string {
  const { applied, period, before, purge, waiting } = document
  const { paint, width } = look
  const right = applied ? paint.green(`done in ${formatDuration(about.durationMs)}`) : 'PLAN'
  const tooOld = `Done before ${before.slice(0, 10)}, ${period} ago:`
  return [
    renderHeader(['Journeys erasure ledger', about.environment], right, look),
    '',
    ...(purge.length === 0
      ? [`Nothing is older than ${period}${waiting.length > 0 ? ' and ticked off' : ''}.`]
      : [tooOld, '', renderCandidates(purge, look)]),
    ...(waiting.length === 0
      ? []
      : ['', 'Old enough, but something is still to be done by hand:', '', renderCandidates(waiting, look)]),
    ...(purge.length === 0 || !applied ? [] : ['', wrap(doneText(document), width)]),
    ...(purge.length === 0 || applied
      ? []
      : [
          '',
          'Nothing has been changed. After it nobody can tell any more who comes back from a backup of that time.',
          'To do it:',
          `  ${purgeCommand(about.environment)}`,
        ].map((line) => (line.startsWith('  ') ? line : wrap(line, width)))),
    ...(waiting.length === 0 ? [] : ['', renderNext([tickCommand(waiting, about)], look)]),
  ].join('\n')
}

export function purgeCommand(environment: string): string {
  return `journeys gdpr purge-ledger${environment === 'local' ? '' : ` --env ${environment}`} --confirm ${environment}`
}

function tickCommand(waiting: readonly ShownCandidate[], { environment }: About): string {
  const [first] = waiting
  const option = environment === 'local' ? '' : ` --env ${environment}`
  return `journeys gdpr tick ${first?.erasure ?? ''} ${first?.openByHand[0] ?? ''}${option}`
}

function doneText({ purge, receipts = 0, files = 0 }: PurgeDocument): string {
  const what = [formatPlural(purge.length, 'erasure'), formatPlural(receipts, 'receipt'), formatPlural(files, 'file')]
  return `Forgotten: ${what.join(', ')}. Their numbers and hashes stay, so that the chain of receipts still holds.`
}

function renderCandidates(candidates: readonly ShownCandidate[], look: Look): string {
  return renderTable(
    [
      { heading: 'erasure' },
      { heading: 'done' },
      { heading: 'receipts', align: 'right' },
      { heading: 'by hand', flexible: true },
    ],
    candidates.map(({ erasure, finishedAt, receipts, openByHand }) => [
      erasure,
      finishedAt.slice(0, 10),
      String(receipts),
      openByHand.length === 0 ? 'ticked off' : openByHand.join(', '),
    ]),
    look,
  )
}
