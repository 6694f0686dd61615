import type { Config } from '@journeys/core/ops'
import { z } from 'zod'
import { duration, flag, oneOf, plainDuration, repeated, wholeNumber } from './flag.ts'
import { resolveFlags } from './usage-error.ts'

const builtInProfiles = ['load', 'spike', 'stress', 'recovery', 'soak', 'smoke']
const dayMs = 24 * 3_600_000

/** What kind of load, how much and for how long: the same for a load test and for an export of one. */
export const loadFlags = {
  profile: flag('--profile <name>', 'the load profile; default: load', z.string().default('load'), builtInProfiles),
  users: flag(
    '--users <n>',
    "instead of the profile's: users at once; spike: of the normal load; at a rate: how many may be busy at once",
    wholeNumber(1, 1_000_000).optional(),
  ),
  rate: flag(
    '--rate <n>',
    'iterations that begin each second, whatever the server does; stress: of the last step',
    wholeNumber(1, 1_000_000).optional(),
  ),
  duration: flag(
    '--duration <time>',
    'of the whole run, such as 30s or 2m; the phases are scaled to it',
    duration(1000, 7 * dayMs).optional(),
  ),
  scenario: repeated(
    '--scenario <file>',
    "a scenario of your own instead of the app's; may be given several times",
    z.string().min(1, 'needs a file'),
  ),
  confirm: flag('--confirm <env>', 'needed for a target that is not this machine: its name', z.string().optional()),
}

/**
 * The names of profiles are those of the configuration, known only after it is read; the mistake is the same as with any other flag.
 * @throws JourneysError exit code 2 with the names there are
 */
export function mustBeProfile(config: Config, profile: string): void {
  resolveFlags({ profile: flag('--profile <name>', '', oneOf(Object.keys(config.loadtest.profiles))) }, { profile })
}

/** As the library takes it. */
export function durationText(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : plainDuration(ms)
}
