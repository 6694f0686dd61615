import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { flag, repeated, toggle } from '../flag.ts'
import { baselineFolder } from '../load-runs.ts'
import { renderFields, renderHeader, renderNext } from '../output/header.ts'
import { formatPlural } from '../output/number.ts'
import { shownPath } from '../shown-path.ts'

export const command = defineCommand({
  name: 'loadtest baseline save',
  description:
    'Keeps runs under a name, in a file made to be committed: later runs are compared with it. Takes the latest load test with all ' +
    'its repeats, or the runs that --from names. The more repeats, the smaller the slowdown that can be told from chance.',
  arguments: { name: flag('<name>', 'such as main', z.string().min(1, 'needs a name')) },
  flags: {
    from: repeated('--from <run>', 'a run file or the id of a run in .journeys/reports', z.string().min(1)),
    force: toggle('--force', 'replace a baseline of that name'),
  },
  document: z.object({
    name: z.string(),
    file: z.string(),
    runs: z
      .array(z.object({ id: z.string(), startedAt: z.string(), profile: z.string(), verdict: z.string() }))
      .readonly(),
  }),
  examples: [
    { words: 'loadtest baseline save main', says: 'the latest load test, all repeats' },
    {
      words: 'loadtest baseline save main --from 20261123-140211-9f3a --force',
      says: 'a certain run, over the one there is',
    },
  ],
  resume: 'nothing was written; run journeys loadtest baseline save again',
  async run(context, { name, from, force }) {
    const { saveBaseline } = await import('@journeys/loadtest')
    const { openRuns } = await import('../load-runs.ts')
    const runs = await openRuns(context, from)
    const file = await saveBaseline({ folder: await baselineFolder(context), name, runs, replace: force })
    return {
      document: {
        name,
        file: shownPath(file, context.cwd),
        runs: runs.map(({ result: { id, startedAt, profile, verdict } }) => ({ id, startedAt, profile, verdict })),
      },
    }
  },
  render: ({ name, file, runs }, look) =>
    [
      renderHeader(['Journeys load test', `baseline ${name}`], look.paint.green('saved'), look),
      '',
      renderFields(
        [
          ['file', file],
          ['of', `${formatPlural(runs.length, 'run')}: ${runs.map(({ id }) => id).join(', ')}`],
          ['profile', runs[0]?.profile ?? ''],
        ],
        look,
      ),
      '',
      renderNext([`git add ${file}`, `journeys loadtest --profile ${runs[0]?.profile} --baseline ${name}`], look),
    ].join('\n'),
})
