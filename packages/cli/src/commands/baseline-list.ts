import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { baselineDocument, describeBaseline } from '../documents/baseline.ts'
import { baselineFolder } from '../load-runs.ts'
import { renderHeader, renderNext } from '../output/header.ts'
import { labelled } from '../output/lines.ts'
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
    baselines: z.array(baselineDocument).readonly(),
    unreadable: z.array(z.object({ name: z.string(), file: z.string(), problem: z.string() })).readonly(),
  }),
  examples: [{ words: 'loadtest baseline list', says: 'the baselines there are' }],
  async run(context) {
    const { listBaselines } = await import('@journeys/loadtest')
    const folder = await baselineFolder(context)
    const listed = (await listBaselines(folder)).map((one) => ({ ...one, file: shownPath(one.file, context.cwd) }))
    return {
      document: {
        folder: shownPath(folder, context.cwd),
        baselines: listed.flatMap(({ baseline, file, bytes }) =>
          baseline ? [describeBaseline(baseline, file, bytes)] : [],
        ),
        unreadable: listed.flatMap(({ name, file, problem }) =>
          problem === undefined ? [] : [{ name, file, problem }],
        ),
      },
    }
  },
  render({ folder, baselines, unreadable }, look) {
    const header = renderHeader(['Journeys load test', 'baselines'], formatPlural(baselines.length, 'baseline'), look)
    const broken = unreadable.map(({ file, problem }) =>
      labelled(`  ${look.paint.red('broken')}`, `${file}: ${problem}`, { column: 10, width: look.width }),
    )
    if (baselines.length === 0) {
      const next = renderNext(['journeys loadtest --repeat 5', 'journeys loadtest baseline save main'], look)
      return [header, `  none in ${folder}`, ...broken, '', next].join('\n')
    }
    const columns = [
      { heading: 'name' },
      { heading: 'runs', align: 'right' as const },
      { heading: 'latest' },
      { heading: 'environment' },
      { heading: 'profile' },
      { heading: 'engine', flexible: true },
    ]
    const rows = baselines.map(({ name, runs, fingerprint }) => [
      name,
      formatCount(runs.length),
      runs
        .map(({ startedAt }) => startedAt.slice(0, 10))
        .sort()
        .at(-1) ?? '',
      fingerprint.environment,
      fingerprint.profile,
      fingerprint.engine,
    ])
    return [header, '', renderTable(columns, rows, look), ...broken].join('\n')
  },
})
