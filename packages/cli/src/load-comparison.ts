import { z } from 'zod'
import { type AnyCommand, defineCommand } from './command.ts'
import { comparisonDocument } from './documents/comparison.ts'
import { flag, toggle } from './flag.ts'
import { renderComparison } from './views/comparison.ts'

const side = (usage: string) =>
  flag(usage, 'a run file, the id of a run, the name of a baseline, or a k6 summary', z.string().min(1, 'needs a name'))

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
    document: z.object({ comparison: comparisonDocument }),
    examples: [
      { words: `${name} main 20261123-140211-9f3a`, says: 'a run with a baseline' },
      { words: `${name} main next`, says: 'two baselines' },
      { words: `${name} before.json after.json`, says: 'two run files, or two k6 summaries' },
    ],
    async run(context, { before, after, force }) {
      throw new Error(`${before} ${after} ${force} ${context.cwd}`)
    },
    render: ({ comparison }, look) => renderComparison(comparison, look),
  })
}
