import { resolve } from 'node:path'
import { ExitCode, planReplay, type ReplayPlan, runReplay } from '@journeys/core/ops'
import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { confirmEnvironment, confirmProduction, isConfirmed } from '../confirmation.ts'
import type { CommandContext } from '../context.ts'
import { type ReplayDocument, replayDocument } from '../documents/replay.ts'
import { repeated } from '../flag.ts'
import { gdprContext } from '../gdpr-context.ts'
import { shownPath } from '../shown-path.ts'
import { renderReplay, replayCommand } from '../views/replay.ts'

export const command = defineCommand({
  name: 'gdpr replay',
  description:
    'After a restore: finds everybody who was erased and is there again, and erases them again. Who was erased is read from the ' +
    'database and from what is not restored with it, the list and the receipts in the gdpr folder; every account, folder of files and ' +
    'column with ids is compared by its keyed hash. Without --confirm it is read-only, and exits with 3 when somebody is back.',
  arguments: {},
  flags: {
    receipts: repeated(
      '--receipts <folder>',
      'another folder with receipts and a ledger.jsonl; may be repeated',
      z.string(),
    ),
    confirm: confirmEnvironment,
    confirmProduction,
  },
  document: replayDocument,
  examples: [
    { words: 'gdpr replay', says: 'who is back' },
    { words: 'gdpr replay --confirm local', says: 'erase them again, each with a receipt' },
    { words: 'gdpr replay --receipts /mnt/safe/gdpr --env production', says: 'with the copy that is kept elsewhere' },
  ],
  notes:
    'Exit codes with --confirm: 0 when nobody is left, 3 when a legal hold keeps part of somebody, 1 when something failed or could not be read.',
  resume: 'whoever was erased stays erased; the same command goes on with those who are left',
  async run(context, { receipts, confirm, confirmProduction }) {
    const gdpr = await gdprContext(context)
    const environment = await context.environment()
    const confirmed = isConfirmed({
      typed: confirm,
      expected: [environment.name],
      production: confirmProduction,
      environment,
      full: replayCommand(environment.name, receipts),
    })
    const options = { receipts: receipts.map((folder) => resolve(context.cwd, folder)) }
    if (!confirmed) {
      const plan = await planReplay(gdpr, options)
      const isFine = plan.back.length + plan.problems.length + plan.unfinished.filter(({ held }) => !held).length === 0
      return {
        document: { applied: false, ...shown(context, plan) },
        exitCode: isFine ? ExitCode.ok : ExitCode.findings,
      }
    }
    let done = 0
    const result = await runReplay(gdpr, {
      ...options,
      onResult: ({ of, outcome }) => context.output.progress.note(`${++done}   ${of}   ${outcome}`),
    })
    return { document: { applied: true, ...shown(context, result) }, exitCode: exitCodeOf(result) }
  },
  render: (document, look, about) => renderReplay(document, look, about),
})

/** Files as one would type them here. */
function shown<P extends ReplayPlan>({ cwd }: CommandContext, plan: P): P {
  return { ...plan, problems: plan.problems.map((one) => ({ ...one, file: shownPath(one.file, cwd) })) }
}

function exitCodeOf({ counts, problems }: Pick<ReplayDocument, 'counts' | 'problems'>): number {
  if (problems.length > 0 || (counts?.failed ?? 0) > 0) return ExitCode.failed
  return (counts?.partial ?? 0) > 0 ? ExitCode.findings : ExitCode.ok
}
