import { type Config, ExitCode, JourneysError, type LoadProfile, suggestion } from '@journeys/core/ops'

/** @throws JourneysError `unknown_profile` (exit 2) that names those there are */
export function findProfile({ profiles }: Pick<Config['loadtest'], 'profiles'>, name: string): LoadProfile {
  const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined
  if (profile) return profile
  const names = Object.keys(profiles)
  const meant = suggestion(name, names)
  throw new JourneysError('unknown_profile', `there is no load profile "${name}"`, {
    hint: meant.startsWith('did') ? `${meant} There is ${names.join(', ')}` : meant,
    exitCode: ExitCode.usage,
  })
}
