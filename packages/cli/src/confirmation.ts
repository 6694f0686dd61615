import type { Environment } from '@journeys/core/ops'
import { z } from 'zod'
import { flag } from './flag.ts'
import { usageError } from './usage-error.ts'

/** What acts on an environment as a whole is agreed to by its name. */
export const confirmEnvironment = flag(
  '--confirm [env]',
  "do it: the environment's name, which may be left out on local",
  z.union([z.literal(true).transform(() => 'local'), z.string()]).optional(),
)

/** The second question, of a destructive command on a production environment. */
export const confirmProduction = flag(
  '--confirm-production <env>',
  'on a production environment also its name',
  z.string().optional(),
)

export interface Confirmation {
  /** What was typed after `--confirm`; undefined asks for the plan only. */
  typed: string | undefined
  /** What has to be typed; any of them. */
  expected: readonly string[]
  production: string | undefined
  environment: Pick<Environment, 'name' | 'production'>
  /** The command that does it, for the hint: `journeys retention run --confirm local`. */
  full: string
}

/**
 * Whether to do it. Off a terminal nobody can be asked, and at one a habit of pressing y is no decision: the name is typed.
 * @throws JourneysError exit code 2 when something else was typed, or a production environment's name is missing
 */
export function isConfirmed(confirmation: Confirmation): boolean {
  const { typed, expected, production, environment, full } = confirmation
  if (typed === undefined) return false
  if (!expected.includes(typed)) {
    throw usageError(`--confirm ${typed} names something else: nothing was changed`, full)
  }
  if (environment.production && production !== environment.name) {
    throw usageError(
      `${environment.name} is a production environment: name it a second time`,
      `${full} --confirm-production ${environment.name}`,
    )
  }
  return true
}
