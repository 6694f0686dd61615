import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { baselineDocument, describeBaseline } from '../documents/baseline.ts'
import { flag } from '../flag.ts'
import { baselineFolder } from '../load-runs.ts'
import { renderHeader, renderNext } from '../output/header.ts'
import { formatPlural } from '../output/number.ts'
import { shownPath } from '../shown-path.ts'
import { renderBaselineFields, renderBaselineRequests } from '../views/baseline.ts'

export const command = defineCommand({
  name: 'loadtest baseline show',
  description:
    'Shows what a baseline holds: its runs, what they were measured with, and the latencies of every request.',
  arguments: { name: flag('<name>', 'of the baseline', z.string().min(1, 'needs a name')) },
  flags: {},
  document: z.object({ baseline: baselineDocument }),
  examples: [{ words: 'loadtest baseline show main', says: 'what is in it' }],
  async run(context, { name }) {
    const { readBaseline } = await import('@journeys/loadtest')
    const folder = await baselineFolder(context)
    const baseline = await readBaseline(folder, name)
    const file = join(folder, `${name}.json`)
    const { size } = await stat(file)
    return { document: { baseline: describeBaseline(baseline, shownPath(file, context.cwd), size) } }
  },
  render: ({ baseline }, look) =>
    [
      renderHeader(
        ['Journeys load test', `baseline ${baseline.name}`],
        formatPlural(baseline.runs.length, 'run'),
        look,
      ),
      '',
      renderBaselineFields(baseline, look),
      '',
      renderBaselineRequests(baseline, look),
      '',
      renderNext([`journeys loadtest --profile ${baseline.fingerprint.profile} --baseline ${baseline.name}`], look),
    ].join('\n'),
})
