import { ExitCode, JourneysError } from '@journeys/core/ops'

/** What was typed instead of the profile's own figures. */
export interface Overrides {
  readonly users?: number | undefined
  readonly rate?: number | undefined
  readonly durationMs?: number | undefined
}

/** An override that means nothing for a profile is refused, never ignored. */
export function cannotUse(flag: string, why: string, hint: string): JourneysError {
  return new JourneysError('override_unusable', `--${flag} cannot be used here: ${why}`, {
    hint,
    exitCode: ExitCode.usage,
  })
}
