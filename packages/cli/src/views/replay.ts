import type { About } from '../command.ts'
import type { ReplayDocument } from '../documents/replay.ts'
import { formatDuration } from '../output/duration.ts'
import { renderFields, renderHeader, renderNext } from '../output/header.ts'
import { labelled } from '../output/lines.ts'
import type { Look } from '../output/look.ts'
import { formatCount, formatPlural } from '../output/number.ts'
import { renderTable } from '../output/table.ts'
import { renderAttempts } from './attempts.ts'

/** Who is back, or what was done about it; and how many were compared, so that "nobody" is an answer. */
export function renderReplay(replay: ReplayDocument, look: Look, about: About): string {
  const { applied, problems, unknown } = replay
  return [
    renderHeader(['Journeys replay', about.environment], verdictOf(replay, look, about), look),
    '',
    renderFields(fieldsOf(replay), look),
    ...(applied ? renderResults(replay, look) : [...renderBack(replay, look), ...renderUnfinished(replay, look)]),
    ...(problems.length > 0 ? ['', ...renderProblems(replay, look)] : []),
    ...(applied ? [] : ['', ...renderTodo(replay, look, about)]),
    ...(unknown.length > 0 && replay.back.length === 0 && !applied
      ? [
          '',
          'This database is older than some erasures. The run with --confirm writes down that it was',
          'looked through: until then journeys health goes on asking for it.',
        ]
      : []),
  ].join('\n')
}

export function replayCommand(environment: string, receipts: readonly string[] = []): string {
  const folders = receipts.map((folder) => ` --receipts ${folder}`).join('')
  return `journeys gdpr replay${environment === 'local' ? '' : ` --env ${environment}`}${folders} --confirm ${environment}`
}

function verdictOf(
  { applied, back, counts, unfinished, problems }: ReplayDocument,
  { paint }: Look,
  about: About,
): string {
  if (applied) {
    if (problems.length > 0 || (counts?.failed ?? 0) > 0) return paint.red('NOT COMPLETE')
    return (counts?.partial ?? 0) > 0
      ? paint.yellow('PARTIAL')
      : paint.green(`done in ${formatDuration(about.durationMs)}`)
  }
  if (back.length > 0) return paint.red(`${formatCount(back.length)} BACK`)
  if (problems.length > 0) return paint.red('NOT COMPLETE')
  return unfinished.some(({ held }) => !held) ? paint.yellow('not finished') : paint.green('nobody is back')
}

function fieldsOf({ remembered, compared, unknown }: ReplayDocument): [string, string][] {
  const { ledger, list, receipts, people } = remembered
  return [
    [
      'remembered',
      `${formatPlural(people, 'person', 'people')}, by ledger ${formatCount(ledger)} · list ${formatCount(list)} · receipts ${formatCount(receipts)}`,
    ],
    [
      'compared',
      `${formatPlural(compared.accounts, 'account')} · ${formatPlural(compared.folders, 'folder')} of files · ${formatCount(compared.columns)} columns with ids`,
    ],
    ...(unknown.length > 0
      ? [
          [
            'restored',
            `the database does not know ${formatPlural(unknown.length, 'erasure')} of the list: it is older`,
          ] as [string, string],
        ]
      : []),
  ]
}

/** As many as fit a screen; all of them are in `--json`. */
const most = 20

function renderBack({ back }: ReplayDocument, look: Look): string[] {
  if (back.length === 0) return []
  const rows = back
    .slice(0, most)
    .map(({ userId, erasures, where, hasAccount }) => [
      userId,
      erasures[0] ?? '',
      hasAccount ? 'account' : `no account; ${where.join(', ')}`,
    ])
  const columns = [{ heading: 'person' }, { heading: 'erased as' }, { heading: 'back with', flexible: true }]
  return ['', renderTable(columns, rows, look), ...more(back.length)]
}

function renderUnfinished({ unfinished }: ReplayDocument, look: Look): string[] {
  const list = (held: boolean) => unfinished.filter((one) => one.held === held)
  const line = (label: string, text: string) =>
    labelled(`  ${look.paint.dim(label)}`, text, { column: 14, width: look.width })
  const open = list(false)
  const kept = list(true)
  return [
    ...(open.length > 0
      ? ['', line('not finished', open.map(({ erasure, state }) => `${erasure} (${state})`).join(' · '))]
      : []),
    ...(kept.length > 0
      ? ['', line('legal hold', `${kept.map(({ erasure }) => erasure).join(' · ')}: left alone`)]
      : []),
  ]
}

function renderResults({ results = [] }: ReplayDocument, look: Look): string[] {
  if (results.length === 0) return ['', 'Nobody is back: nothing had to be done.']
  const named = results.map((one) => ({
    ...one,
    name: one.userId ?? one.of,
    note: one.how === 'resume' ? 'gone on with' : `repeats ${one.of}`,
  }))
  return ['', renderAttempts(named, look)]
}

function renderProblems({ problems }: ReplayDocument, { paint, width }: Look): string[] {
  return [
    ...problems
      .slice(0, most)
      .map(({ file, problem }) =>
        labelled(`  ${paint.red('unreadable')}`, `${file}: ${problem}`, { column: 14, width }),
      ),
    ...more(problems.length),
    labelled(
      '',
      'Whoever it stands for may have been overlooked. Put an unchanged copy there, or name its folder with --receipts.',
      {
        column: 14,
        width,
      },
    ),
  ]
}

function renderTodo({ back, unfinished, unknown }: ReplayDocument, look: Look, { environment }: About): string[] {
  const todo = back.length + unfinished.filter(({ held }) => !held).length
  if (todo === 0 && unknown.length === 0) return ['Nothing has to be done.']
  if (todo === 0) return [renderNext([replayCommand(environment)], look)]
  return [
    'Nothing has been changed. To erase them again, and to finish what was begun:',
    `  ${replayCommand(environment)}`,
  ]
}

function more(count: number): string[] {
  return count > most ? [`  and ${formatCount(count - most)} more: --json has all of them`] : []
}
