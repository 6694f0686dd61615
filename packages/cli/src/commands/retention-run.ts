import { ExitCode, planRetention, type RetentionProgress, runRetention } from '@journeys/core/ops'
import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { confirmEnvironment, confirmProduction, isConfirmed } from '../confirmation.ts'
import { presentPlan, retentionOutcome, retentionPlan } from '../documents/retention.ts'
import { toggle } from '../flag.ts'
import { operatorName } from '../operator-name.ts'
import { formatDuration } from '../output/duration.ts'
import { renderHeader } from '../output/header.ts'
import { formatCount, formatPlural } from '../output/number.ts'
import type { Progress } from '../output/progress.ts'
import { confirmingRetention } from '../retention-command.ts'
import { renderRetentionOutcome, renderRetentionPlan } from '../views/retention.ts'

export const command = defineCommand({
  name: 'retention run',
  description:
    'Removes what is older than the rules of journeys.config.json say, while the app goes on. Months of the journal wholly past the ' +
    'edge are detached without holding anybody up, moved to the schema "retired", and dropped when their days of grace are over; ' +
    'the rest goes in small batches. People under a legal hold or a restriction keep their rows. The months ahead are made. A run ' +
    'that was killed is finished first. Without --confirm it shows the plan.',
  arguments: {},
  flags: {
    confirm: confirmEnvironment,
    confirmProduction,
    wait: toggle('--wait', 'when another run is under way, wait for its end'),
    dryRun: toggle('--dry-run', 'show the plan even with --confirm'),
  },
  document: z.object({
    applied: z.boolean(),
    plan: retentionPlan.exactOptional().describe('without --confirm'),
    runs: z
      .array(retentionOutcome)
      .exactOptional()
      .describe('with --confirm: what was done; two when an old run had to be finished first'),
  }),
  examples: [
    { words: 'retention run', says: 'what has expired: the same as retention plan' },
    { words: 'retention run --confirm local', says: 'remove it on the local stack' },
    { words: 'retention run --env staging --confirm staging --wait', says: 'and on an environment of the config' },
  ],
  notes:
    'Exit codes: 0 done; 1 something stayed although it has expired, with its reason; 4 the database cannot be reached.',
  resume: 'what it did stays done; to go on from there: journeys retention run --confirm',
  async run(context, { confirm, confirmProduction, wait, dryRun }) {
    const environment = await context.environment()
    const confirmed = isConfirmed({
      typed: confirm,
      expected: [environment.name],
      production: confirmProduction,
      environment,
      full: confirmingRetention(environment.name),
    })
    const { config } = await context.config()
    const database = await context.database()
    if (!confirmed || dryRun) {
      context.output.progress.show('counting what has expired')
      return { document: { applied: false, plan: presentPlan(await planRetention(database, config.retention)) } }
    }
    const outcomes = await runRetention(database, {
      config: config.retention,
      actor: operatorName(context.processEnv),
      command: confirmingRetention(environment.name),
      wait,
      onProgress: tellProgress(context.output.progress),
      signal: context.signal,
    })
    const runs = outcomes.map((outcome) => ({
      ...outcome,
      retired: outcome.retired.map((month) => ({ ...month })),
    }))
    const exitCode = runs.some(({ state }) => state === 'failed') ? ExitCode.failed : ExitCode.ok
    return { document: { applied: true, runs }, exitCode }
  },
  render({ plan, runs }, look, { environment, durationMs }) {
    const header = (right: string) => renderHeader(['Journeys retention', environment], right, look)
    if (plan) {
      return [
        header('PLAN'),
        '',
        renderRetentionPlan(plan, look),
        '',
        'Nothing has been changed. To do it, and to make the months ahead:',
        `  ${confirmingRetention(environment)}`,
      ].join('\n')
    }
    const { green, red } = look.paint
    const failed = (runs ?? []).flatMap(({ failures }) => failures).length
    return [
      header(
        failed === 0 ? green(`done in ${formatDuration(durationMs)}`) : red(`${formatPlural(failed, 'step')} failed`),
      ),
      ...(runs ?? []).flatMap((run) => ['', renderRetentionOutcome(run, look)]),
    ].join('\n')
  },
})

/** The step and its rate; what holds it up as a line that stays, once for each reason. */
function tellProgress(progress: Progress): (event: RetentionProgress) => void {
  let told = ''
  let step = ''
  let began = 0
  return (event) => {
    if (event.note !== undefined) {
      const note = `${event.step}: ${event.note}`
      if (note.replaceAll(/\d+/g, '') !== told) progress.note(note)
      told = note.replaceAll(/\d+/g, '')
      return
    }
    if (event.step !== step) {
      step = event.step
      began = performance.now()
    }
    const rate = event.rows === undefined ? 0 : (event.rows / Math.max(1, performance.now() - began)) * 1000
    progress.show(
      event.rows === undefined ? event.step : `${event.step}: ${formatCount(event.rows)} rows, ${formatCount(rate)}/s`,
    )
  }
}
