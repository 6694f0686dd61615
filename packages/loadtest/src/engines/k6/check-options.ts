import { ExitCode, JourneysError } from '@journeys/core/ops'
import { shareOf } from '../../segment.ts'
import type { K6Options } from '../engine.ts'

/** Ours has it: two writers would mix their lines. */
const toStdout = /^(csv|json)(=-?)?$/

/** @throws JourneysError (exit 2) for an output that would write where ours does, or a segment that is none */
export function checkK6Options(options: K6Options): void {
  for (const output of options.outputs ?? []) {
    if (output === '' || toStdout.test(output)) {
      throw new JourneysError('k6_output_unusable', `--k6-out ${output || '""'} has nowhere to write`, {
        detail: "k6's standard output carries the samples that journeys reads",
        hint: `name a file: --k6-out ${output.split('=', 1)[0] || 'json'}=results.json`,
        exitCode: ExitCode.usage,
      })
    }
  }
  shareOf(options)
}

/** The flag that needs k6, if there is one. */
export function k6Flag({ outputs = [], segment }: K6Options): string | undefined {
  if (segment) return '--segment'
  return outputs.length > 0 ? '--k6-out' : undefined
}

/** @throws JourneysError `needs_k6` (exit 2) when something only k6 can do was asked of the built-in engine */
export function refuseK6Options(options: K6Options = {}): void {
  const flag = k6Flag(options)
  if (flag === undefined) return
  throw new JourneysError('needs_k6', `${flag} needs k6: the built-in engine does not have it`, {
    hint: 'journeys k6 install, or run it with --engine k6',
    exitCode: ExitCode.usage,
  })
}
