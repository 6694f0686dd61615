import { ExitCode } from '@journeys/core/ops'
import { z } from 'zod'
import { type AnyCommand, defineCommand } from './command.ts'
import { comparisonDocument } from './documents/comparison.ts'
import { summaryComparisonDocument } from './documents/summary-comparison.ts'
import { flag, toggle } from './flag.ts'
import { sourceOf } from './load-runs.ts'
import { renderComparison } from './views/comparison.ts'
import { renderSummaryComparison } from './views/summary-comparison.ts'

const side = (usage: string) =>
  flag(usage, 'a run file, the id of a run, the name of a baseline, or a k6 summary', z.string().min(1, 'needs a name'))

const exitCodes = {
  pass: ExitCode.ok,
  warn: ExitCode.ok,
  fail: ExitCode.thresholds,
  inconclusive: ExitCode.inconclusive,
  'no-baseline': ExitCode.inconclusive,
} as const

/** `loadtest compare` and `loadtest baseline compare`: one command under two names. */
export function defineComparison(name: 'loadtest compare' | 'loadtest baseline compare'): AnyCommand {
  return defineCommand({
    name,
    description:
      'Says whether the second is slower than the first, and how sure that is: two runs, two baselines, or one of each, in the words of ' +
      'the test that docs/loadtest-baseline.md explains. Also takes two summaries that k6 wrote without us (--summary-export or ' +
      'handleSummary): they hold no samples, so their changes are shown, and no test is possible. The exit code is 99 when the second ' +
      'is slower than the limit allows, 5 when it cannot be told.',
    arguments: { before: side('<before>'), after: side('<after>') },
    flags: { force: toggle('--force', 'compare although engine, plan, scenarios or machine differ') },
    document: z.object({
      comparison: comparisonDocument.exactOptional(),
      summaries: summaryComparisonDocument.exactOptional().describe('of two k6 summaries, in place of comparison'),
    }),
    examples: [
      { words: `${name} main 20261123-140211-9f3a`, says: 'a run with a baseline' },
      { words: `${name} main next`, says: 'two baselines' },
      { words: `${name} before.json after.json`, says: 'two run files, or two k6 summaries' },
    ],
    async run(context, { before, after, force }) {
      const { config } = await context.config()
      const { compareFiles } = await import('@journeys/loadtest')
      const found = await compareFiles({
        before: await sourceOf(context, before),
        after: await sourceOf(context, after),
        workdir: context.workdir(),
        settings: config.loadtest.baseline,
        force,
      })
      if (found.kind === 'summaries') return { document: { summaries: found.comparison } }
      return { document: { comparison: found.comparison }, exitCode: exitCodes[found.comparison.verdict] }
    },
    render({ comparison, summaries }, look) {
      if (summaries) return renderSummaryComparison(summaries, look)
      return comparison ? renderComparison(comparison, look) : ''
    },
  })
}
