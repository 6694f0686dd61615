import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { interleaved, type Result, timed } from './measurement.ts'

const run = promisify(execFile)

/** `journeys --version` is what a shell prompt or a script calls: it should cost little more than Node itself. */
export async function version(): Promise<Result> {
  const { journeys, node } = await interleaved(21, {
    journeys: () => timed(() => run(process.execPath, ['packages/cli/bin/journeys.js', '--version'])),
    node: () => timed(() => run(process.execPath, ['-e', '0'])),
  })
  return {
    name: 'journeys --version / node -e 0',
    detail: `${journeys.toFixed(0)} ms / ${node.toFixed(0)} ms`,
    ratio: journeys / node,
    goal: { atMost: 1.8 },
  }
}
