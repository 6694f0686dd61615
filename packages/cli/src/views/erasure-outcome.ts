import type { About } from '../command.ts'
import type { ErasureOutcomeDocument } from '../documents/erasure-outcome.ts'
import type { ErasurePlanDocument } from '../documents/erasure-plan.ts'
import { formatDuration } from '../output/duration.ts'
import { renderHeader, renderNext } from '../output/header.ts'
import { labelled, wrap } from '../output/lines.ts'
import type { Look } from '../output/look.ts'
import { formatBytes, formatCount, formatPlural } from '../output/number.ts'
import { renderTable } from '../output/table.ts'
import { renderPlanLines } from './erasure-plan.ts'

export interface ShownErasure {
  user: { id: string; email: string | null } | null
  plan: ErasurePlanDocument
  result: ErasureOutcomeDocument
}

const column = 13

/** What was done, what the search after it says, and what remains for a person to do. */
export function renderErasureOutcome({ user, plan, result }: ShownErasure, look: Look, about: About): string {
  const { paint, width } = look
  const who = user?.email ? [user.email] : []
  const line = (label: string, text: string) => labelled(`  ${paint.bold(label)}`, text, { column, width })
  const open = result.byHand.filter(({ doneAt }) => doneAt === null)
  return [
    renderHeader(['Journeys erasure', about.environment, result.erasure, ...who], verdictOf(result, look, about), look),
    '',
    ...(result.before ? [line('before', beforeText(result))] : [renderPlanLines({ ...plan, byHand: [] }, look)]),
    ...heldLines(result, line),
    ...verifiedLines(result, look, line),
    ...(result.receiptFile === undefined ? [] : [line('receipt', result.receiptFile), line('', result.pageFile ?? '')]),
    ...(open.length === 0 ? [] : [line('by hand', open.map(({ title }) => title).join(' · '))]),
    '',
    ...renderFindings(result, look),
    renderNext(nextOf(result, about), look),
  ].join('\n')
}

function verdictOf({ outcome, before }: ErasureOutcomeDocument, { paint }: Look, { durationMs }: About): string {
  if (outcome === 'failed') return paint.red('FAILED')
  if (outcome === 'partial') return paint.yellow('PARTIAL')
  return paint.green(before ? 'DONE' : `done in ${formatDuration(durationMs)}`)
}

function beforeText({ outcome, finishedAt }: ErasureOutcomeDocument): string {
  const day = finishedAt?.slice(0, 10) ?? '?'
  return outcome === 'done'
    ? `this erasure was done on ${day}: nothing is left to do, and nothing was`
    : `it waits for the same legal hold as on ${day}: nothing was done`
}

function heldLines({ held }: ErasureOutcomeDocument, line: (label: string, text: string) => string): string[] {
  if (held === undefined) return []
  const what = held.everything ? 'everything of this person' : held.tables.join(', ')
  return [line('', `nobody can sign in while a hold keeps ${what}: journeys gdpr hold list`)]
}

function verifiedLines(
  { verification }: ErasureOutcomeDocument,
  { paint }: Look,
  line: (label: string, text: string) => string,
): string[] {
  if (verification === undefined) return []
  const { tables, columns, rows, bytes, durationMs, terms, left, dismissed, shared, unread, storage } = verification
  const searched = Object.entries(terms)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => termName(kind, count))
    .join(', ')
  const where = `${formatPlural(columns, 'column')} of ${formatPlural(tables, 'table')}, ${formatCount(rows)} rows, ${formatBytes(bytes)}`
  const clean = left.length === 0 && unread.length === 0 && (storage?.objects ?? 0) === 0
  return [
    line('verified', `searched ${where} for ${searched} in ${formatDuration(durationMs)}`),
    line('', clean ? paint.green('nothing of this person was found') : paint.red('something of this person is left')),
    ...(storage?.objects === 0
      ? [line('', `Storage lists no file of theirs in ${formatPlural(storage.buckets, 'bucket')}`)]
      : []),
    ...(dismissed.length === 0
      ? []
      : [line('dismissed', dismissed.map(({ table, column }) => `${table}.${column}`).join(', '))]),
    ...(shared.length === 0
      ? []
      : [
          line(
            'shared',
            `the same name or words in rows of others: ${[...new Set(shared.map(({ table, column }) => `${table}.${column}`))].join(', ')}`,
          ),
        ]),
  ]
}

function termName(kind: string, count: number): string {
  if (kind === 'id') return formatPlural(count, 'id')
  if (kind === 'email') return formatPlural(count, 'e-mail address', 'e-mail addresses')
  if (kind === 'phone') return formatPlural(count, 'phone number')
  return formatPlural(count, kind)
}

/** What is left of the person, and how to go on from there. */
function renderFindings({ verification, erasure }: ErasureOutcomeDocument, look: Look): string[] {
  if (verification === undefined) return []
  const { left, unread, storage } = verification
  const { paint, width } = look
  return [
    ...(left.length === 0
      ? []
      : [
          renderTable(
            [
              { heading: 'finding' },
              { heading: 'what' },
              { heading: 'where', flexible: true },
              { heading: 'rows', align: 'right' },
            ],
            left.map(({ id, kind, table, column: name, rows }) => [
              paint.red(id),
              kind,
              `${table}.${name}`,
              formatCount(rows),
            ]),
            look,
          ),
          '',
          wrap(
            `Take it out of there, or decide about the column in the personal-data map, and go on. What only looks like them is dismissed by somebody who answers for it:`,
            width,
          ),
          `  journeys gdpr anonymize ${erasure} --dismiss ${left[0]?.id} --reason "..."`,
          '',
        ]),
    ...unread.map(({ table, why }) => labelled(`  ${paint.red('not read')}`, `${table}: ${why}`, { column, width })),
    ...(storage !== null && storage.objects > 0
      ? [
          labelled(
            `  ${paint.red('storage')}`,
            `the API still lists files in ${formatPlural(storage.objects, 'folder')} of theirs`,
            { column, width },
          ),
        ]
      : []),
    ...(unread.length > 0 || (storage?.objects ?? 0) > 0 ? [''] : []),
  ]
}

function nextOf({ outcome, erasure, byHand }: ErasureOutcomeDocument, { environment }: About): string[] {
  const env = environment === 'local' ? '' : ` --env ${environment}`
  if (outcome === 'failed') return [`journeys gdpr anonymize ${erasure}${env}`]
  if (outcome === 'partial') return [`journeys gdpr hold list${env}`, `journeys gdpr anonymize ${erasure}${env}`]
  const [open] = byHand.filter(({ doneAt }) => doneAt === null)
  if (open === undefined) return [`journeys gdpr status ${erasure}${env}`]
  return [`journeys gdpr tick ${erasure} ${open.id}${env} --note "where the proof is filed"`]
}
