import { endProcess, hasArguments, type ListedProcess, listProcesses } from '../process-table.ts'
import type { Project } from './project.ts'

/** Processes of a project's stack. Their command lines name the project's folders, so no stranger is taken for one. */
export interface StackProcesses {
  supervisors: number[]
  postgres: number[]
  postgrest: number[]
}

/** @param dataDirs - every place where the project's data may lie */
export async function findStackProcesses(
  project: Pick<Project, 'workdir' | 'postgrestConfig'>,
  dataDirs: readonly string[],
): Promise<StackProcesses> {
  const all = await listProcesses()
  const pids = (matches: (listed: ListedProcess) => boolean) => all.filter(matches).map(({ pid }) => pid)
  return {
    supervisors: pids((one) => hasArguments(one, ['--project', project.workdir]) && runs(one, '/supervisor.js')),
    postgres: pids((one) => dataDirs.some((dataDir) => hasArguments(one, ['-D', dataDir])) && runs(one, '/postgres')),
    postgrest: pids((one) => hasArguments(one, [project.postgrestConfig])),
  }
}

/** Ends the servers that a killed supervisor left behind. Postgres writes everything down first. */
export async function endServers(processes: StackProcesses): Promise<void> {
  await Promise.all([
    ...processes.postgrest.map((pid) =>
      endProcess(pid, [
        { signal: 'SIGTERM', waitMs: 1000 },
        { signal: 'SIGKILL', waitMs: 5000 },
      ]),
    ),
    ...processes.postgres.map((pid) =>
      endProcess(pid, [
        { signal: 'SIGINT', waitMs: 10_000 },
        { signal: 'SIGQUIT', waitMs: 5000 },
        { signal: 'SIGKILL', waitMs: 5000 },
      ]),
    ),
  ])
}

function runs(listed: ListedProcess, ending: string): boolean {
  return listed.args.some((arg) => arg.endsWith(ending))
}
