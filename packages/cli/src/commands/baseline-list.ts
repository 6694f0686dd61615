import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { baselineFolder } from '../load-runs.ts'
import { renderHeader, renderNext } from '../output/header.ts'
import { formatCount, formatPlural } from '../output/number.ts'
import { renderTable } from '../output/table.ts'
import { shownPath } from '../shown-path.ts'

export const command = defineCommand({
  name: 'loadtest baseline list',
  description: 'Lists the baselines that are kept: their runs, and what they were measured with.',
  arguments: {},
  flags: {},
  document: z.object({
    folder: z.string(),
    baselines: z
      .array(
        z.object({
          name: z.string(),
          file: z.string(),
          runs: z.number(),
          savedAt: z.string(),
          environment: z.string(),
          profile: z.string(),
          engine: z.string(),
        }),
      )
      .readonly(),
  }),
  examples: [{ words: 'loadtest baseline list', says: 'the baselines there are' }],
  async run(context) {
    const { listBaselines } = await import('@journeys/loadtest')
    const folder = await baselineFolder(context)
    const baselines = await listBaselines(folder)
    return {
      document: {
        folder: shownPath(folder, context.cwd),
        baselines: baselines.map((one) => ({ ...one, file: shownPath(one.file, context.cwd) })),
      },
    }
  },
  render({ folder, baselines }, look) {
    const header = renderHeader(['Journeys load test', 'baselines'], formatPlural(baselines.length, 'baseline'), look)
    if (baselines.length === 0) {
      return [
        header,
        `  none in ${folder}`,
        '',
        renderNext(['journeys loadtest --repeat 5', 'journeys loadtest baseline save main'], look),
      ].join('\n')
    }
    const columns = [
      { heading: 'name' },
      { heading: 'runs', align: 'right' as const },
      { heading: 'saved' },
      { heading: 'environment' },
      { heading: 'profile' },
      { heading: 'engine', flexible: true },
    ]
    const rows = baselines.map(({ name, runs, savedAt, environment, profile, engine }) => [
      name,
      formatCount(runs),
      savedAt.slice(0, 10),
      environment,
      profile,
      engine,
    ])
    return [header, '', renderTable(columns, rows, look)].join('\n')
  },
})
