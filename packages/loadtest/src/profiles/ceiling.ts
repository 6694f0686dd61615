import { type Config, ExitCode, JourneysError } from '@journeys/core/ops'
import type { Shape } from './shape.ts'

/**
 * Refuses a load above the configuration's ceiling: a figure mistyped by a nought must not become an outage.
 * @throws JourneysError `above_ceiling` (exit 2)
 */
export function checkCeiling(
  ceiling: Config['loadtest']['ceiling'],
  profile: string,
  shape: Shape,
  users: number,
): void {
  const top = Math.max(shape.start, ...shape.stages.map(({ target }) => target))
  if (shape.model === 'open' && top > ceiling.rate) throw above(profile, top, 'rate', ceiling.rate, shape.peak)
  if (users > ceiling.users) {
    throw above(profile, users, 'users', ceiling.users, shape.model === 'closed' ? shape.peak : 1)
  }
}

function above(profile: string, asked: number, what: 'users' | 'rate', ceiling: number, peak = 1): JourneysError {
  const unit = what === 'users' ? 'users' : 'iterations per second'
  return new JourneysError(
    'above_ceiling',
    `profile ${profile} would go up to ${asked} ${unit}: the ceiling is ${ceiling}`,
    {
      hint: `ask for at most ${Math.floor(ceiling / peak)} (--${what}), or raise loadtest.ceiling.${what} in journeys.config.json`,
      exitCode: ExitCode.usage,
    },
  )
}
