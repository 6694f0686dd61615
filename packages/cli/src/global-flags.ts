import { z } from 'zod'
import { flag, toggle } from './flag.ts'

/** What every command takes, before or after its name. */
export const globalFlags = {
  workdir: flag(
    '--workdir <dir>',
    'the folder that holds supabase/ (default: the nearest one upwards)',
    z.string().min(1, 'needs a folder').optional(),
  ),
  env: flag('--env <name>', 'the environment to act on (default: local)', z.string().min(1, 'needs a name').optional()),
  json: toggle('--json', 'print one JSON document on stdout, also on failure'),
  quiet: toggle('-q, --quiet', 'no progress on stderr'),
  verbose: toggle('--verbose', 'show the stack of unexpected errors'),
  color: flag('--no-color', 'no colours (as NO_COLOR=1)', z.boolean().default(true)),
}

export interface GlobalValues {
  workdir: string | undefined
  env: string | undefined
  json: boolean
  quiet: boolean
  verbose: boolean
  color: boolean
}
