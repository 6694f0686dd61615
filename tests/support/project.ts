import { existsSync } from 'node:fs'
import { chmod, cp, mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { dataPlaces, deleteData } from '../../packages/stack/src/lifecycle/data-place.ts'
import { findStackProcesses, type StackProcesses } from '../../packages/stack/src/lifecycle/leftovers.ts'
import { openProject, type Project } from '../../packages/stack/src/lifecycle/project.ts'
import { stopStack } from '../../packages/stack/src/lifecycle/stop.ts'
import { freePort } from '../../packages/stack/src/port.ts'

export interface TestProject extends Project {
  apiPort: number
  databasePort: number
  /** Processes of this project's stack that live now. */
  processes(): Promise<StackProcesses>
  /** Stops the stack and deletes the folder, and the data wherever it is. */
  remove(): Promise<void>
}

export interface TestProjectOptions {
  /** Texts by file name. @defaultValue the whole `supabase/` of this repository */
  migrations?: Record<string, string>
  seed?: string
  /**
   * False: nobody but us may enter the folder, as one made by `mktemp -d`; root's Postgres keeps its data elsewhere then.
   * @defaultValue true
   */
  open?: boolean
}

/** A folder with a `supabase/` in it and ports of its own, for tests that start the real stack. */
export async function createProject(options: TestProjectOptions = {}): Promise<TestProject> {
  const workdir = await realpath(await mkdtemp(join(tmpdir(), 'journeys-project-')))
  if (options.open ?? true) await chmod(workdir, 0o711)
  const supabase = join(workdir, 'supabase')
  if (options.migrations === undefined) {
    await cp(join(import.meta.dirname, '..', '..', 'supabase'), supabase, { recursive: true })
  } else {
    await mkdir(join(supabase, 'migrations'), { recursive: true })
    for (const [name, sql] of Object.entries(options.migrations)) {
      await writeFile(join(supabase, 'migrations', name), sql)
    }
  }
  if (options.seed !== undefined) await writeFile(join(supabase, 'seed.sql'), options.seed)
  const [apiPort, databasePort] = [await freePort(), await freePort()]
  await writeFile(
    join(supabase, 'config.toml'),
    `[api]\nport = ${apiPort}\nschemas = ["public"]\n[db]\nport = ${databasePort}\n`,
  )
  const project = await openProject(workdir)
  return {
    ...project,
    apiPort,
    databasePort,
    processes: () => findStackProcesses(project, Object.values(dataPlaces(project))),
    remove: async () => {
      if (existsSync(supabase)) await stopStack({ workdir })
      await deleteData(project)
      await rm(workdir, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

/** What `stop`, and a start that failed, promise: no process, no socket, no lock, no state. */
export async function expectNothingLeft(project: TestProject): Promise<void> {
  expect(await project.processes()).toEqual({ supervisors: [], postgres: [], postgrest: [] })
  const names = await readdir(project.folder).catch(() => [])
  expect(names.filter((name) => name.startsWith('lock') || name.startsWith('stack.json'))).toEqual([])
  for (const place of Object.values(dataPlaces(project))) {
    const files = await readdir(place).catch(() => [])
    expect(files.filter((name) => name.startsWith('.s.PGSQL') || name === 'postmaster.pid')).toEqual([])
  }
}
