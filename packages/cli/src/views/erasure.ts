import type { About } from '../command.ts'
import type { ErasureDocument } from '../documents/erasure.ts'
import { renderFields, renderHeader, renderNext } from '../output/header.ts'
import { labelled } from '../output/lines.ts'
import type { Look } from '../output/look.ts'
import { formatPlural } from '../output/number.ts'
import { renderTable } from '../output/table.ts'

/** Everything that the ledger knows of one erasure. */
export function renderErasure(erasure: ErasureDocument, file: string | undefined, look: Look, about: About): string {
  const { paint } = look
  const { steps, byHand } = erasure
  const verdict = erasure.overdue ? paint.red('OVERDUE') : paintState(erasure.state, look, true)
  const next = nextOf(erasure, about)
  return [
    renderHeader(['Journeys erasure', about.environment, erasure.erasure], verdict, look),
    '',
    renderFields(fieldsOf(erasure, file), look),
    '',
    ...(steps.length > 0 ? [renderSteps(steps, look), ''] : []),
    ...(byHand.length > 0 ? [renderByHand(erasure, look), ''] : []),
    ...(next.length > 0 ? [renderNext(next, look)] : ['Nothing is left to do.']),
  ].join('\n')
}

/** `2026-11-23`, in UTC: the days of the law are counted in it. */
export function dayOf(moment: string): string {
  return new Date(moment).toISOString().slice(0, 10)
}

export function paintState(state: ErasureDocument['state'], { paint }: Look, loud = false): string {
  const text = loud ? state.toUpperCase() : state
  return state === 'done' ? paint.green(text) : state === 'failed' ? paint.red(text) : paint.yellow(text)
}

function fieldsOf(one: ErasureDocument, file: string | undefined): [string, string][] {
  const receipts = one.receipts.map(({ number, outcome, signedAt }) => `no ${number} (${outcome}, ${dayOf(signedAt)})`)
  return [
    ['person', one.userId ?? 'forgotten: only a keyed hash is left'],
    ['requested', dayOf(one.requestedAt)],
    ['due', `${dayOf(one.dueAt)}${dueIn(one)}`],
    ['begun', `${momentOf(one.openedAt)} by ${one.actor}, plan ${one.planId}`],
    ...(one.finishedAt === null ? [] : [['finished', momentOf(one.finishedAt)] as [string, string]]),
    ...(one.reason === null ? [] : [['reason', one.reason] as [string, string]]),
    ...(one.replays === null
      ? []
      : [['repeats', `${one.replays}: the person had come back with a backup`] as [string, string]]),
    ...(one.held ? [['legal hold', 'stands: journeys gdpr hold list'] as [string, string]] : []),
    ['receipt', receipts.join(', ') || 'none yet'],
    ...(file === undefined ? [] : [['file', file] as [string, string]]),
  ]
}

function dueIn({ state, openByHand, daysLeft, held }: ErasureDocument): string {
  if (state === 'done' && openByHand === 0) return ''
  if (state === 'partial' && held) return ', but what is held has to wait'
  if (daysLeft < 0) return `, ${formatPlural(-daysLeft, 'day')} ago`
  return daysLeft === 0 ? ', today' : `, in ${formatPlural(daysLeft, 'day')}`
}

function renderSteps(steps: ErasureDocument['steps'], look: Look): string {
  const { paint, width } = look
  const table = renderTable(
    [{ heading: 'step' }, { heading: 'state' }, { heading: 'tries', align: 'right' }, { heading: 'ended' }],
    steps.map(({ step, state, attempts, finishedAt }) => [
      step,
      state === 'failed' ? paint.red(state) : state === 'done' ? paint.green(state) : state,
      // The step that wrote this very list was not in it when it began.
      String(state === 'done' ? Math.max(attempts, 1) : attempts),
      finishedAt === null ? '–' : momentOf(finishedAt),
    ]),
    look,
  )
  const problems = steps.filter(({ state, error }) => state !== 'done' && error !== null)
  const said = problems.map(({ step, error }) => labelled(`  ${paint.red(step)}`, error ?? '', { column: 12, width }))
  return said.length === 0 ? table : [table, '', ...said].join('\n')
}

function renderByHand({ byHand }: ErasureDocument, look: Look): string {
  const { paint, width } = look
  const column = Math.max(...byHand.map(({ step }) => step.length)) + 8
  return [
    `  ${paint.dim('by hand')}`,
    ...byHand.flatMap(({ step, title, todo, doneAt, doneBy, note }) =>
      doneAt === null
        ? [
            labelled(`  [ ] ${paint.bold(step)}`, title, { column, width }),
            labelled('', todo, { column, width }),
            ...(note === null ? [] : [labelled('', `taken back: ${note}`, { column, width })]),
          ]
        : [
            labelled(
              `  ${paint.green('[x]')} ${step}`,
              `${dayOf(doneAt)} by ${doneBy}${note === null ? '' : `: ${note}`}`,
              {
                column,
                width,
              },
            ),
          ],
    ),
  ].join('\n')
}

function nextOf({ erasure, state, held, byHand }: ErasureDocument, { environment }: About): string[] {
  const flag = environment === 'local' ? '' : ` --env ${environment}`
  const open = byHand.find(({ doneAt }) => doneAt === null)
  return [
    ...(state === 'done' || (state === 'partial' && held) ? [] : [`journeys gdpr anonymize ${erasure}${flag}`]),
    ...(open === undefined
      ? []
      : [`journeys gdpr tick ${erasure} ${open.step}${flag} --note "where the proof is filed"`]),
  ]
}

/** `2026-11-23 14:02:11` in UTC. */
function momentOf(moment: string): string {
  return new Date(moment).toISOString().slice(0, 19).replace('T', ' ')
}
