import { planRetention } from '@journeys/core/ops'
import { defineCommand } from '../command.ts'
import { presentPlan, retentionPlan } from '../documents/retention.ts'
import { renderHeader } from '../output/header.ts'
import { confirmingRetention } from '../retention-command.ts'
import { renderRetentionPlan } from '../views/retention.ts'

export const command = defineCommand({
  name: 'retention plan',
  description:
    'What a run of retention would remove, rule by rule: months of the journal with their real bounds, newest entry, size and the ' +
    'foreign keys that refer to them; rows of other tables; rows that a legal hold keeps; retired months and when they are dropped. ' +
    'It counts every row, in a read-only transaction.',
  arguments: {},
  flags: {},
  document: retentionPlan,
  examples: [
    { words: 'retention plan', says: 'what has expired' },
    { words: 'retention plan --env staging --json', says: 'on an environment of the config, for other programs' },
  ],
  async run(context) {
    const { config } = await context.config()
    const database = await context.database()
    context.output.progress.show('counting what has expired')
    return { document: presentPlan(await planRetention(database, config.retention)) }
  },
  render(plan, look, { environment }) {
    return [
      renderHeader(['Journeys retention', environment], 'PLAN', look),
      '',
      renderRetentionPlan(plan, look),
      '',
      'Nothing has been changed. To do it, and to make the months ahead:',
      `  ${confirmingRetention(environment)}`,
    ].join('\n')
  },
})
