import type { ReceiptCheck } from '@journeys/core/ops'
import type { About } from '../command.ts'
import { renderFields, renderHeader } from '../output/header.ts'
import { labelled } from '../output/lines.ts'
import type { Look } from '../output/look.ts'

export interface VerifiedDocument {
  file: string
  erasure: string
  outcome: 'done' | 'partial'
  seq: number
  finishedAt: string
  deadlineKept: boolean
  checks: ReceiptCheck[]
}

/** What held; one that does not is an error and never comes here. */
export function renderVerification(verified: VerifiedDocument, look: Look, about: About): string {
  const { file, erasure, outcome, seq, finishedAt, deadlineKept, checks } = verified
  const { paint, width } = look
  const isWhole = checks.every(({ state }) => state === 'ok')
  const what = outcome === 'done' ? 'erased' : 'erased in part, the rest is under legal hold'
  return [
    renderHeader(
      ['Journeys receipt', about.environment, erasure],
      isWhole ? paint.green('HOLDS') : paint.yellow('HOLDS, AS FAR AS ASKED'),
      look,
    ),
    '',
    renderFields(
      [
        ['file', file],
        ['receipt', `number ${seq}`],
        ['says', `${what} by ${finishedAt.slice(0, 10)}, ${deadlineKept ? 'in time' : 'after the deadline'}`],
      ],
      look,
    ),
    '',
    ...checks.map(({ check, state, says }) => {
      const mark = state === 'ok' ? paint.green('ok     ') : paint.dim('skipped')
      return labelled(`  ${mark}  ${check.padEnd(9)}`, says, { column: 22, width })
    }),
  ].join('\n')
}
