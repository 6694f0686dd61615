import { rm } from 'node:fs/promises'
import { z } from 'zod'
import { readJson, writePrivateJson } from './private-file.ts'
import type { Project } from './project.ts'

const port = z.number().int()

const stateSchema = z.object({
  version: z.literal(1),
  workdir: z.string(),
  supervisorPid: z.number().int(),
  postgresPid: z.number().int(),
  postgrestPid: z.number().int(),
  /** What an app gives to supabase-js. */
  apiUrl: z.string(),
  apiPort: port,
  databasePort: port,
  /** Role `postgres`: the owner of the project's schema, not a superuser. */
  databaseUrl: z.string(),
  postgrestUrl: z.string(),
  /** PostgREST's `/ready` and `/live`. */
  postgrestAdminUrl: z.string(),
  anonKey: z.string(),
  serviceRoleKey: z.string(),
  jwtSecret: z.string(),
  /** ISO 8601. */
  startedAt: z.string(),
  /** Folder of supervisor.log, postgres.log, postgrest.log and access.log. */
  logs: z.string(),
  dataDir: z.string(),
})

/** `.journeys/stack.json`: written when everything is ready, removed by `stop`. Holds secrets; mode 0600. */
export type StackState = z.output<typeof stateSchema>

/** The state that the last supervisor wrote, whether or not it still lives. */
export async function readState(project: Project): Promise<StackState | undefined> {
  const parsed = stateSchema.safeParse(await readJson(project.stateFile))
  return parsed.success ? parsed.data : undefined
}

export function writeState(project: Project, state: StackState): Promise<void> {
  return writePrivateJson(project.stateFile, state)
}

export function removeState(project: Project): Promise<void> {
  return rm(project.stateFile, { force: true })
}
