import type { About } from '../command.ts'
import type { HoldDocument, RestrictionDocument } from '../documents/restriction.ts'
import { renderHeader, renderNext } from '../output/header.ts'
import { labelled } from '../output/lines.ts'
import type { Look } from '../output/look.ts'
import { formatPlural } from '../output/number.ts'
import { renderTable } from '../output/table.ts'
import { dayOf } from './erasure.ts'

// Restrictions (Art. 18) and legal holds (Art. 17(3)(e)): who placed one, when, why, and what follows from it.

interface Placed {
  user: { id: string; email: string | null }
  reason: string
  placedBy: string
  placedAt: string
}

export function whoOf({ user }: Pick<Placed, 'user'>): string {
  return user.email ?? user.id
}

/** ` --env staging`, as the next command needs it. */
export function environmentFlag({ environment }: Pick<About, 'environment'>): string {
  return environment === 'local' ? '' : ` --env ${environment}`
}

const column = 10

export function line(label: string, text: string, { paint, width }: Look): string {
  return labelled(`  ${paint.dim(label)}`, text, { column: column + 2, width })
}

export function placedLines(placed: Placed, look: Look): string[] {
  return [
    line('since', `${momentOf(placed.placedAt)}, placed by ${placed.placedBy}`, look),
    line('reason', placed.reason, look),
  ]
}

export function renderRestrictions(restrictions: readonly RestrictionDocument[], look: Look, about: About): string {
  const count = formatPlural(restrictions.length, 'person', 'people')
  const header = renderHeader(['Journeys restriction', about.environment], count, look)
  const env = environmentFlag(about)
  if (restrictions.length === 0) return `${header}\n\n  Nobody's data is restricted.`
  const columns = [
    { heading: 'person' },
    { heading: 'since' },
    { heading: 'by' },
    { heading: 'reason', flexible: true },
  ]
  const rows = restrictions.map((one) => [whoOf(one), dayOf(one.placedAt), one.placedBy, one.reason])
  const [first] = restrictions
  return [
    header,
    '',
    renderTable(columns, rows, look),
    '',
    renderNext(first === undefined ? [] : [`journeys gdpr unrestrict ${whoOf(first)}${env}`], look),
  ].join('\n')
}

export function renderHolds(holds: readonly HoldDocument[], onlyDue: boolean, look: Look, about: About): string {
  const { paint } = look
  const due = holds.filter(({ reviewDue }) => reviewDue)
  const verdict =
    due.length > 0 ? paint.yellow(`${formatPlural(due.length, 'hold')} to look at`) : formatPlural(holds.length, 'hold')
  const header = renderHeader(['Journeys legal holds', about.environment], verdict, look)
  if (holds.length === 0) return `${header}\n\n  ${onlyDue ? 'None has to be looked at.' : 'There is none.'}`
  const columns = [
    { heading: 'hold', align: 'right' as const },
    { heading: 'person' },
    { heading: 'since' },
    { heading: 'review' },
    { heading: 'what and why', flexible: true },
  ]
  const rows = holds.map((hold) => [
    String(hold.id),
    whoOf(hold),
    dayOf(hold.placedAt),
    hold.reviewOn === null ? '–' : hold.reviewDue ? paint.yellow(hold.reviewOn) : hold.reviewOn,
    `${coverageOf(hold)}: ${hold.reason}`,
  ])
  const [first] = due.length > 0 ? due : holds
  return [
    header,
    '',
    renderTable(columns, rows, look),
    '',
    renderNext(first === undefined ? [] : [`journeys gdpr hold remove ${first.id}${environmentFlag(about)}`], look),
  ].join('\n')
}

/** `everything`, or the tables, the app's own by their name alone. */
export function coverageOf({ tables }: Pick<HoldDocument, 'tables'>): string {
  return tables === null ? 'everything' : tables.map((table) => table.replace(/^public\./, '')).join(', ')
}

/** `2026-11-23 14:02 UTC` */
function momentOf(moment: string): string {
  return `${new Date(moment).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
