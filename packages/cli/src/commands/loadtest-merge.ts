import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { loadTestDocument } from '../documents/load-test.ts'
import { flag } from '../flag.ts'
import { openRuns, reportsFolder, withShownPaths } from '../load-runs.ts'
import { outFlag } from '../out-flag.ts'
import { shownPath } from '../shown-path.ts'
import { renderLoadTest, renderOutputs } from '../views/load-test.ts'

export const command = defineCommand({
  name: 'loadtest merge',
  description:
    'Joins the results of several generators, each with its own --segment of one load, into the result of that load: counts and ' +
    'histograms are added, percentiles are never averaged. Results of different loads, or of the same part of one, are refused.',
  arguments: { runs: flag('<run...>', 'run files, or ids of runs', z.array(z.string()).min(2, 'needs at least two')) },
  flags: { out: outFlag },
  document: z.object({
    result: loadTestDocument,
    outputs: z.array(z.object({ kind: z.string(), file: z.string() })).readonly(),
  }),
  examples: [
    { words: 'loadtest merge a.json b.json', says: 'of two generators' },
    { words: 'loadtest merge *.json --out junit=result.xml', says: 'of many, for CI' },
  ],
  resume: 'run journeys loadtest merge again',
  async run(context, { runs, out }) {
    const { mergeRuns, prepareOutputs, writeOutputs, writeReport, writeRunFile } = await import('@journeys/loadtest')
    const folder = reportsFolder(context)
    const where = { folder, workdir: context.cwd }
    await prepareOutputs(out, where)
    const merged = mergeRuns(await openRuns(context, runs))
    const reported = await writeReport(merged.result, folder)
    const result = { ...reported, runFile: await writeRunFile({ ...merged, result: reported }, folder) }
    const outputs = await writeOutputs(out, result, where)
    return {
      document: {
        result: withShownPaths(result, context.cwd),
        outputs: outputs.map((one) => ({ ...one, file: shownPath(one.file, context.cwd) })),
      },
      exitCode: result.exitCode,
    }
  },
  render: ({ result, outputs }, look) => [renderLoadTest(result, look), ...renderOutputs(outputs)].join('\n'),
})
