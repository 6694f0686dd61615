import { statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { ExitCode, JourneysError } from '@journeys/core/ops'

/**
 * The folder that a command works in: the one named, else the nearest upwards from `cwd` that holds `supabase/`.
 * @throws JourneysError exit code 2 when there is none.
 */
export function findWorkdir(cwd: string, named: string | undefined): string {
  if (named !== undefined) {
    const folder = resolve(cwd, named)
    if (holdsProject(folder)) return folder
    throw new JourneysError('workdir_not_found', `${folder} has no supabase folder`, {
      hint: 'name the folder that holds supabase/ with --workdir',
      exitCode: ExitCode.usage,
    })
  }
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    if (holdsProject(folder)) return folder
    if (dirname(folder) === folder) break
  }
  throw new JourneysError('workdir_not_found', `no supabase folder in ${resolve(cwd)} or above it`, {
    hint: 'go to the project, or name it with --workdir <dir>',
    exitCode: ExitCode.usage,
  })
}

function holdsProject(folder: string): boolean {
  return statSync(join(folder, 'supabase'), { throwIfNoEntry: false })?.isDirectory() ?? false
}
