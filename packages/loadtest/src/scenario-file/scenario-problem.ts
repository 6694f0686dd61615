import { ExitCode, JourneysError } from '@journeys/core/ops'

/** One thing to mend in a scenario file. */
export interface ScenarioProblem {
  /** `loadtest/visits.ts:3:15`, or only the file. */
  readonly place: string
  readonly problem: string
  readonly fix: string
  /** The line as it is written. */
  readonly line?: string | undefined
}

const shown = 10

/** All of them in one error, each with its place, its line and what to write instead. */
export function scenarioProblems(problems: readonly ScenarioProblem[]): JourneysError {
  const [first] = problems as [ScenarioProblem]
  const one = problems.length === 1
  const detail = problems
    .slice(0, shown)
    .flatMap(({ place, problem, fix, line }) => [
      ...(one ? [] : [`${place}: ${problem}`]),
      ...(line === undefined || line === '' ? [] : [`    ${line}`]),
      ...(one || fix === '' ? [] : [`    ${fix}`]),
    ])
  if (problems.length > shown) detail.push(`and ${problems.length - shown} more`)
  return new JourneysError(
    'scenario_file_invalid',
    one ? `${first.place}: ${first.problem}` : `${problems.length} things are wrong with the scenarios`,
    {
      detail: detail.join('\n') || undefined,
      hint: (one && first.fix) || 'mend them and run it again; `journeys loadtest new NAME` writes a file that works',
      exitCode: ExitCode.usage,
    },
  )
}
