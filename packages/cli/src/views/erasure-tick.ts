import type { About } from '../command.ts'
import type { ErasureDocument } from '../documents/erasure.ts'
import { renderHeader } from '../output/header.ts'
import { labelled } from '../output/lines.ts'
import type { Look } from '../output/look.ts'
import { dayOf } from './erasure.ts'

interface ShownTick {
  step: string
  changed: boolean
  undo: boolean
  erasure: ErasureDocument
}

/** What stands in the ledger now, and what is still open. */
export function renderTick({ step, changed, undo, erasure }: ShownTick, look: Look, { environment }: About): string {
  const { paint, width } = look
  const line = (label: string, text: string) => labelled(`  ${paint.dim(label)}`, text, { column: 14, width })
  const ticked = erasure.byHand.find((one) => one.step === step)
  const open = erasure.byHand.filter(({ doneAt }) => doneAt === null)
  const verdict = changed ? paint.green(undo ? 'taken back' : 'ticked') : 'unchanged'
  const said = ticked?.doneAt
    ? `${dayOf(ticked.doneAt)} by ${ticked.doneBy}${ticked.note ? `: ${ticked.note}` : ''}`
    : 'open'
  return [
    renderHeader(['Journeys erasure', environment, erasure.erasure, step], verdict, look),
    '',
    line('ledger', changed || undo ? said : `it was ticked already, ${said}`),
    line('still open', open.map((one) => one.step).join(' · ') || 'nothing: every step by hand is done'),
  ].join('\n')
}
