import { type Environment, ExitCode, isLoopbackHost, JourneysError, requireSetting } from '@journeys/core/ops'

/**
 * Refuses targets that must not be loaded: production ones always, those elsewhere unless their name was typed.
 * @throws JourneysError `production_refused`, `confirmation_needed` (exit 2)
 */
export function mayLoad(target: Environment, confirm: string | undefined): void {
  if (target.production) {
    throw new JourneysError('production_refused', `${target.name} is a production environment: it is never loaded`, {
      hint: 'load a copy of it, or the local stack: journeys loadtest --env local',
      exitCode: ExitCode.usage,
    })
  }
  if (isLoopbackHost(new URL(requireSetting(target, 'supabaseUrl')).hostname)) return
  if (confirm === target.name) return
  throw new JourneysError('confirmation_needed', `${target.name} is not on this machine: others may feel this load`, {
    hint: `journeys loadtest --env ${target.name} --confirm ${target.name}`,
    exitCode: ExitCode.usage,
  })
}
