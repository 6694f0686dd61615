import { mkdir, realpath, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ExitCode, JourneysError } from '@journeys/core/ops'
import { explainFolder } from '../folder.ts'

/** A folder with a `supabase/` in it, and where its local stack keeps things. */
export interface Project {
  /** Absolute, links resolved: two ways to name a folder are one project. */
  workdir: string
  migrations: string
  /** `.journeys`, ours alone: everything in it can be made again but the data. */
  folder: string
  logs: string
  /** The files of Storage. */
  storage: string
  stateFile: string
  lockFile: string
  secretsFile: string
  failureFile: string
  /** The only argument of PostgREST, by which its process is recognised. */
  postgrestConfig: string
}

/**
 * @throws JourneysError `no_supabase_folder` (exit code 2) when the folder is missing or has no `supabase/` in it
 */
export async function openProject(folder: string): Promise<Project> {
  const supabase = await stat(join(folder, 'supabase')).catch(() => undefined)
  if (!supabase?.isDirectory()) {
    throw new JourneysError('no_supabase_folder', `There is no supabase/ folder in ${resolve(folder)}.`, {
      hint: 'Change to the folder of your project, or name it: journeys start --workdir <folder>',
      exitCode: ExitCode.usage,
    })
  }
  const workdir = await realpath(folder)
  const own = join(workdir, '.journeys')
  return {
    workdir,
    migrations: join(workdir, 'supabase', 'migrations'),
    folder: own,
    logs: join(own, 'logs'),
    storage: join(own, 'storage'),
    stateFile: join(own, 'stack.json'),
    lockFile: join(own, 'lock'),
    secretsFile: join(own, 'secrets.json'),
    failureFile: join(own, 'failure.json'),
    postgrestConfig: join(own, 'postgrest.conf'),
  }
}

/**
 * Makes `.journeys` and its logs folder, ignored by git wherever the project lies.
 * @throws JourneysError `folder_not_writable`, `disk_full`
 */
export async function makeProjectFolder(project: Project): Promise<void> {
  try {
    // Root's server runs as another user and has to pass through to its data; the files inside are closed one by one.
    await makeFolder(project.folder, process.getuid?.() === 0 ? 0o711 : 0o700)
    await makeFolder(project.logs, 0o700)
    await writeFile(join(project.folder, '.gitignore'), '*\n')
  } catch (error) {
    throw explainFolder(error, project.folder)
  }
}

/** Not `recursive`: with it, Node reports a read-only file system as "no such file or directory". */
export async function makeFolder(path: string, mode: number): Promise<void> {
  await mkdir(path, { mode }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
}
