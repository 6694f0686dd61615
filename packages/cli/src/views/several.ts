import type { About } from '../command.ts'
import type { ErasurePlanDocument } from '../documents/erasure-plan.ts'
import type { SeveralDocument } from '../documents/several.ts'
import { formatDuration } from '../output/duration.ts'
import { renderHeader } from '../output/header.ts'
import { labelled } from '../output/lines.ts'
import type { Look } from '../output/look.ts'
import { formatCount, formatPlural } from '../output/number.ts'
import { renderTable } from '../output/table.ts'
import { renderAttempts } from './attempts.ts'
import { renderPlanLines } from './erasure-plan.ts'

/** As many as somebody reads; all of them are in `--json`. */
const most = 50

/** The plan for everybody in a file with what stands in the way of whom; or what became of each. */
export function renderSeveral(several: SeveralDocument, next: string | null, look: Look, about: About): string {
  const { people, results } = several
  const header = (right: string) =>
    renderHeader(['Journeys erasure', about.environment, formatPlural(people.length, 'person', 'people')], right, look)
  if (results !== undefined) {
    return [
      header(verdictOf(several, look, about)),
      '',
      ...(results.length > 0
        ? [
            renderAttempts(
              results.map((one) => ({ ...one, name: one.user, note: `line ${one.line}` })),
              look,
            ),
            '',
          ]
        : []),
      ...renderOthers(several, look),
      summaryOf(several),
      ...(results.some(({ outcome }) => outcome !== 'failed')
        ? ['What is left to do by hand: journeys gdpr status']
        : []),
    ].join('\n')
  }
  const plans = people.flatMap(({ plan }) => (plan === null ? [] : [plan]))
  return [
    header('PLAN'),
    '',
    ...(people.length > 0
      ? [renderPlanLines(sumOf(several.plan, plans), look), '', renderPeople(several, look), '']
      : []),
    ...renderOthers(several, look),
    ...(next === null
      ? ['Nothing has been changed, and nobody can be erased as it stands.']
      : ['Nothing has been changed. To do it:', `  ${next}`]),
  ].join('\n')
}

function verdictOf({ counts }: SeveralDocument, { paint }: Look, { durationMs }: About): string {
  if ((counts?.failed ?? 0) > 0) return paint.red(`${formatCount(counts?.failed ?? 0)} FAILED`)
  return (counts?.partial ?? 0) > 0 ? paint.yellow('PARTIAL') : paint.green(`done in ${formatDuration(durationMs)}`)
}

function summaryOf({ counts, before }: SeveralDocument): string {
  const { done = 0, partial = 0, failed = 0 } = counts ?? {}
  const parts = [`${formatCount(done)} done`, `${formatCount(partial)} partial`, `${formatCount(failed)} failed`]
  return [...parts, ...(before.length > 0 ? [`${formatCount(before.length)} before`] : [])].join(' · ')
}

function renderPeople({ people }: SeveralDocument, look: Look): string {
  const rows = people
    .slice(0, most)
    .map(({ line, user, plan, resumes }) => [
      String(line),
      user,
      plan === null ? '–' : formatCount(rowsOf(plan)),
      plan === null ? '–' : formatCount(plan.storage.reduce((sum, { objects }) => sum + objects, 0)),
      resumes === null ? (plan?.obstacles ?? []).map(({ summary }) => summary).join('; ') : `goes on with ${resumes}`,
    ])
  const columns = [
    { heading: 'line', align: 'right' as const },
    { heading: 'person' },
    { heading: 'rows', align: 'right' as const },
    { heading: 'files', align: 'right' as const },
    { heading: '', flexible: true },
  ]
  const more = people.length > most ? [`  and ${formatCount(people.length - most)} more: --json has all of them`] : []
  return [renderTable(columns, rows, look), ...more].join('\n')
}

/** Those that nothing is done for, and why; with an empty line after them. */
function renderOthers({ refused, before }: SeveralDocument, { paint, width }: Look): string[] {
  const label = (text: string) => labelled(`  ${paint.red('refused')}`, text, { column: 13, width })
  const lines = [
    ...refused.map(({ line, user, refusal }) => label(`line ${line}  ${user}: ${refusal.message}`)),
    ...before.map(({ line, user, erasure }) =>
      labelled(`  ${paint.dim('before')}`, `line ${line}  ${user}: erased as ${erasure}`, { column: 13, width }),
    ),
  ]
  return lines.length > 0 ? [...lines, ''] : []
}

function rowsOf({ erase, overwrite, unlink }: ErasurePlanDocument): number {
  return [...erase, ...overwrite, ...unlink].reduce((sum, { rows }) => sum + rows, 0)
}

type TablePlan = ErasurePlanDocument['erase'][number]

/** All plans as if they were one: rows are added by table, and the latest day counts. */
function sumOf(id: string, plans: readonly ErasurePlanDocument[]): ErasurePlanDocument {
  const tables = (pick: (plan: ErasurePlanDocument) => TablePlan[]) => {
    const sums = new Map<string, TablePlan>()
    for (const one of plans.flatMap(pick)) {
      const key = `${one.table} ${one.held ?? false}`
      const known = sums.get(key)
      sums.set(key, known === undefined ? one : { ...known, rows: known.rows + one.rows, ...latest(known, one) })
    }
    return [...sums.values()]
  }
  const storage = new Map<string, ErasurePlanDocument['storage'][number]>()
  for (const { bucket, objects, bytes } of plans.flatMap((plan) => plan.storage)) {
    const known = storage.get(bucket)
    storage.set(bucket, { bucket, objects: objects + (known?.objects ?? 0), bytes: bytes + (known?.bytes ?? 0) })
  }
  return {
    id,
    options: plans[0]?.options ?? { keepStatistics: false },
    erase: tables(({ erase }) => erase),
    overwrite: tables(({ overwrite }) => overwrite),
    unlink: tables(({ unlink }) => unlink),
    keep: tables(({ keep }) => keep),
    storage: [...storage.values()],
    byHand: plans[0]?.byHand ?? [],
    obstacles: [],
  }
}

function latest(one: TablePlan, other: TablePlan): Pick<TablePlan, 'until'> {
  const days = [one.until, other.until].filter((day) => typeof day === 'string').sort()
  const last = days.at(-1)
  return last === undefined ? {} : { until: last }
}
