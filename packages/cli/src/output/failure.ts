import { ExitCode, JourneysError } from '@journeys/core/ops'
import { labelled } from './lines.ts'
import type { Look } from './look.ts'
import { hideSecrets } from './secrets.ts'

declare const __JOURNEYS_VERSION__: string

/** What a failure is to the person who sees it: the same for the screen and for `--json`. */
export interface Failure {
  code: string
  message: string
  detail: string | null
  hint: string | null
  exitCode: number
  /** Only for what nobody expected; shown with `--verbose`. */
  stack?: string
}

export function describeFailure(error: unknown): Failure {
  if (error instanceof JourneysError) {
    return {
      code: error.code,
      message: hideSecrets(error.message),
      detail: error.detail === undefined ? null : hideSecrets(error.detail),
      hint: error.hint === undefined ? null : hideSecrets(error.hint),
      exitCode: error.exitCode,
    }
  }
  const message = error instanceof Error ? error.message || error.name : String(error)
  const stack = error instanceof Error ? error.stack : undefined
  return {
    code: 'unexpected',
    message: hideSecrets(`unexpected: ${message}`),
    detail: `journeys ${__JOURNEYS_VERSION__}, node ${process.version}, ${process.platform} ${process.arch}`,
    hint: 'this is a bug in journeys; please report it with the output of the same command and --verbose',
    exitCode: ExitCode.failed,
    ...(stack !== undefined && { stack: hideSecrets(stack) }),
  }
}

const column = 7

/** `error  …` with what is behind it and what to type next. Hints are never broken, so that they can be copied. */
export function renderFailure(failure: Failure, look: Look, verbose: boolean): string {
  const { paint, width } = look
  const lines = [labelled(paint.red.bold('error'), failure.message, { column, width })]
  if (failure.detail !== null) lines.push(labelled(paint.dim('detail'), failure.detail, { column, width }))
  if (failure.hint !== null) lines.push(labelled(paint.cyan('hint'), failure.hint, { column, width: Infinity }))
  if (verbose && failure.stack !== undefined) lines.push('', paint.dim(failure.stack))
  return lines.join('\n')
}
