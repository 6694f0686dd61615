import type { About } from '../command.ts'
import type { ErasurePlanDocument } from '../documents/erasure-plan.ts'
import { renderHeader } from '../output/header.ts'
import { labelled } from '../output/lines.ts'
import type { Look } from '../output/look.ts'
import { formatBytes, formatCount, formatPlural } from '../output/number.ts'

type TableLine = ErasurePlanDocument['erase'][number]

export interface ShownErasurePlan {
  user: { id: string; email: string | null } | null
  plan: ErasurePlanDocument
  next: string | null
}

const column = 13

/** What would happen, by what happens to the rows; what stands in the way; and what to type to do it. */
export function renderErasurePlan({ user, plan, next }: ShownErasurePlan, look: Look, about: About): string {
  const blocked = plan.obstacles.some(({ blocks }) => blocks)
  const who = user === null ? [] : [user.email === null ? user.id : `${user.email} (${shortId(user.id)})`]
  const verdict = blocked ? look.paint.red('BLOCKED') : 'PLAN'
  return [
    renderHeader(['Journeys erasure', about.environment, ...who], verdict, look),
    '',
    renderPlanLines(plan, look),
    ...(plan.obstacles.length > 0 ? ['', ...plan.obstacles.map((one) => renderObstacle(one, look))] : []),
    '',
    ...(blocked || next === null
      ? ['Nothing has been changed, and nothing can be as it stands.']
      : ['Nothing has been changed. To do it:', `  ${next}`]),
  ].join('\n')
}

/** A line for each class of data, in the order in which a person would ask. */
export function renderPlanLines(plan: ErasurePlanDocument, { width, paint }: Look): string {
  const line = (label: string, text: string) => labelled(`  ${paint.bold(label)}`, text, { column, width })
  const block = (label: string, texts: string[]) => texts.map((text, index) => line(index === 0 ? label : '', text))
  const present = (tables: TableLine[]) => tables.filter(({ rows, held }) => rows > 0 && held !== true)
  const held = [...plan.erase, ...plan.overwrite, ...plan.unlink, ...plan.keep].filter(
    (one) => one.held && one.rows > 0,
  )
  const erased = [present(plan.erase).map(counted).join(' · '), ...plan.storage.map(stored)]
  return [
    line('plan', plan.id),
    ...block(
      'erase',
      erased.filter((text) => text !== ''),
    ),
    ...block(
      'overwrite',
      present(plan.overwrite).map((one) => `${counted(one)}${changes(one)}`),
    ),
    ...block(
      'unlink',
      present(plan.unlink).map((one) => `${counted(one)}${changes(one)}`),
    ),
    ...block('keep', present(plan.keep).map(kept)),
    ...block(
      'held',
      held.length === 0 ? [] : [`${held.map(counted).join(' · ')}: stays as it is, and the account with it`],
    ),
    ...block('statistics', statistics(plan)),
    ...block('by hand', plan.byHand.length === 0 ? [] : [plan.byHand.map(({ title }) => title).join(' · ')]),
  ].join('\n')
}

function counted({ table, rows }: TableLine): string {
  return `${shortName(table)} ${formatCount(rows)}`
}

function stored({ bucket, objects, bytes }: ErasurePlanDocument['storage'][number]): string {
  return `${formatPlural(objects, 'file')} in ${bucket}, ${formatBytes(bytes)}`
}

function changes({ columns }: TableLine): string {
  const overwritten = columns.overwritten.length > 0 ? [`${columns.overwritten.join(', ')} overwritten`] : []
  const unlinked = columns.unlinked.length > 0 ? ['unlinked from the person'] : []
  return `: ${[...overwritten, ...unlinked].join('; ')}`
}

function kept(one: TableLine): string {
  const { ground, until, columns } = one
  const without = columns.unlinked.length > 0 ? ', without the person' : ''
  return `${counted(one)}${without}: ${ground ?? 'as it is'}${until ? `, until ${until}` : ''}`
}

function statistics({ statistics: found }: ErasurePlanDocument): string[] {
  if (found === undefined) return []
  const { k, kept, lost } = found
  return [
    `${formatPlural(kept.scores, 'score')} of ${formatPlural(kept.rows, 'entry', 'entries')} stay, unlinked: at least ${k} others wrote such a one that month`,
    ...(lost.scores > 0 ? [`${formatPlural(lost.scores, 'score')} go: too few others did`] : []),
  ]
}

function renderObstacle({ kind, blocks, summary, do: advice }: ErasurePlanDocument['obstacles'][number], look: Look) {
  const { paint, width } = look
  return [
    labelled(`  ${blocks ? paint.red(kind) : paint.yellow(kind)}`, summary, { column, width }),
    labelled(`${' '.repeat(column)}${paint.dim('do')}`, advice, { column: column + 4, width }),
  ].join('\n')
}

/** The app's own tables go by their name alone. */
function shortName(table: string): string {
  return table.replace(/^public\./, '')
}

/** `4b0e…91ab`: enough to compare with a letter, too little to be worth copying. */
function shortId(id: string): string {
  return `${id.slice(0, 4)}…${id.slice(-4)}`
}
