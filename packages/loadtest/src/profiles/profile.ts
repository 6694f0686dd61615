import { type Config, ExitCode, JourneysError, type LoadProfile } from '@journeys/core/ops'

/** @throws JourneysError `unknown_profile` (exit 2) that names those there are */
export function findProfile(config: Config, name: string): LoadProfile {
  const { profiles } = config.loadtest
  const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined
  if (profile) return profile
  throw new JourneysError('unknown_profile', `there is no load profile "${name}"`, {
    hint: `one of: ${Object.keys(profiles).join(', ')}`,
    exitCode: ExitCode.usage,
  })
}
