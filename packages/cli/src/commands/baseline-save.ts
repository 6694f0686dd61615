import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { baselineDocument, describeBaseline } from '../documents/baseline.ts'
import { flag, repeated } from '../flag.ts'
import { baselineFolder, openRuns } from '../load-runs.ts'
import { renderHeader, renderNext } from '../output/header.ts'
import { shownPath } from '../shown-path.ts'
import { renderBaselineFields } from '../views/baseline.ts'

export const command = defineCommand({
  name: 'loadtest baseline save',
  description:
    'Keeps runs under a name, in a file made to be committed: later runs are compared with it. Takes the latest load test with all ' +
    'its repeats, or the runs that --from names; Git keeps what the file held before. The more repeats, the smaller the slowdown ' +
    'that can be told from chance.',
  arguments: { name: flag('<name>', 'such as main', z.string().min(1, 'needs a name')) },
  flags: {
    from: repeated('--from <run>', 'a run file, or the id of a run in .journeys/reports', z.string().min(1)),
  },
  document: z.object({ baseline: baselineDocument, replaced: z.boolean().describe('there was one of that name') }),
  examples: [
    { words: 'loadtest baseline save main', says: 'the latest load test, all repeats' },
    { words: 'loadtest baseline save main --from 20261123-140211-9f3a', says: 'a certain run' },
  ],
  resume: 'nothing was written; run journeys loadtest baseline save again',
  async run(context, { name, from }) {
    const { saveBaseline } = await import('@journeys/loadtest')
    const { baseline, file, bytes, replaced } = await saveBaseline(
      await baselineFolder(context),
      name,
      await openRuns(context, from),
    )
    return { document: { baseline: describeBaseline(baseline, shownPath(file, context.cwd), bytes), replaced } }
  },
  render: ({ baseline, replaced }, look) =>
    [
      renderHeader(
        ['Journeys load test', `baseline ${baseline.name}`],
        look.paint.green(replaced ? 'replaced' : 'saved'),
        look,
      ),
      '',
      renderBaselineFields(baseline, look),
      '',
      renderNext(
        [
          `git add ${baseline.file}`,
          `journeys loadtest --profile ${baseline.fingerprint.profile} --baseline ${baseline.name}`,
        ],
        look,
      ),
    ].join('\n'),
})
