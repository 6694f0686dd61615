import { erasureFolder } from '../../gdpr/folder.ts'
import { unknownErasures } from '../../gdpr/replay-journal.ts'
import { environmentFlag, type ProbeCheck } from '../check.ts'
import type { Finding } from '../finding.ts'
import sql from './erasures.sql'

interface OpenErasure {
  erasure: string
  state: 'open' | 'failed' | 'partial' | 'done'
  held: boolean
  openByHand: number
  error: string | null
  due: string
  daysLeft: number
  overdue: boolean
  byHandOverdue: boolean
  idle: boolean
}

/** A week: time enough to find out what a step failed of, and to write to a processor and wait for its answer. */
const soonDays = 7

/** Requests to be forgotten that are late, stuck or half done; and whether this database forgot that it had erased somebody. */
export const erasures: ProbeCheck = {
  id: 'erasures',
  title: 'Erasures',
  unit: 'findings',
  threshold: () => ({ warning: 1 }),
  async probe({ environment, config, workdir, database }) {
    const opened = await database()
    const { rows } = await opened.readOnly((transaction) => transaction.query<OpenErasure>(sql))
    const flag = environmentFlag({ environment })
    const findings = rows.flatMap((one) => judge(one, flag))
    // The local stack is thrown away and made anew every day: there it means nothing.
    const forgotten = environment.isLocal
      ? []
      : await unknownErasures(opened, erasureFolder(workdir, config.gdpr, environment.name))
    if (forgotten.length > 0) findings.push(restored(forgotten, flag))
    if (findings.length > 0) return findings.map((finding) => ({ ...finding, value: findings.length }))
    return [{ state: 'ok', value: 0, summary: fine(rows) }]
  },
}

function judge(one: OpenErasure, flag: string): Finding[] {
  const { erasure, state, due, daysLeft, held, openByHand } = one
  const facts = [{ erasure, state, due, 'days left': daysLeft, 'by hand open': openByHand, 'legal hold': held }]
  const resume = `journeys gdpr anonymize ${erasure}${flag}`
  const look = `journeys gdpr status ${erasure}${flag}`
  if (one.overdue) {
    const why = 'Art. 12(3) GDPR: one month; an extension by two has to be told to the person within the first'
    return [
      { state: 'critical', summary: `${erasure} is ${state}, and was due on ${due}`, why, remediation: resume, facts },
    ]
  }
  if (state === 'failed') {
    const why = one.error ?? 'a step of it did not succeed'
    return [{ state: 'warning', summary: `${erasure} failed; it is due on ${due}`, why, remediation: look, facts }]
  }
  if (state === 'partial' && !held) {
    const why = 'what was held back may be erased now'
    return [
      {
        state: 'warning',
        summary: `${erasure} is partial, and its legal hold is gone`,
        why,
        remediation: resume,
        facts,
      },
    ]
  }
  if (state === 'open' && one.idle) {
    const why = 'nothing of it has ended for an hour: it was interrupted, and the person is locked out meanwhile'
    return [{ state: 'warning', summary: `${erasure} was begun and not finished`, why, remediation: resume, facts }]
  }
  if (one.byHandOverdue || (openByHand > 0 && daysLeft < soonDays)) {
    const steps = openByHand === 1 ? '1 step by hand is' : `${openByHand} steps by hand are`
    const summary = `${steps} open for ${erasure}, due on ${due}`
    const why = 'backups, logs and processors are part of the answer to the person (Art. 12(3) and 19 GDPR)'
    return [{ state: 'warning', summary, why, remediation: look, facts }]
  }
  return []
}

function restored(forgotten: readonly { erasure: string; openedAt: string }[], flag: string): Finding {
  const count = forgotten.length === 1 ? '1 erasure' : `${forgotten.length} erasures`
  return {
    state: 'critical',
    summary: `${count} beside the receipts ${forgotten.length === 1 ? 'is' : 'are'} not in this database's ledger`,
    why: 'it was restored from a backup, and the people may be back with it',
    remediation: `journeys gdpr replay${flag}`,
    facts: forgotten.slice(0, 20).map(({ erasure, openedAt }) => ({ erasure, opened: openedAt })),
  }
}

function fine(rows: readonly OpenErasure[]): string {
  if (rows.length === 0) return 'none is open, and nothing is left to do by hand'
  const first = rows[0]
  const open = rows.length === 1 ? '1 is under way or has' : `${rows.length} are under way or have`
  return `${open} steps by hand open; the first is due on ${first?.due ?? '?'}`
}
