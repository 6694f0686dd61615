import { connect as connectSocket } from 'node:net'
import { z } from 'zod'
import { dataPlaces } from './data-place.ts'
import { findStackProcesses } from './leftovers.ts'
import { lockHolder } from './lock.ts'
import { readJson } from './private-file.ts'
import { openProject } from './project.ts'
import { readState, type StackState } from './state.ts'

export type StackPartName = 'supervisor' | 'gateway' | 'postgrest' | 'postgres'

export interface StackPart {
  name: StackPartName
  up: boolean
  pid?: number
  /** URL, or host:port. */
  address?: string
}

export interface StackStatus {
  workdir: string
  /** A supervisor lives: it is up, coming up, or mending itself. */
  running: boolean
  /** Every part answers. */
  ready: boolean
  /** What `.journeys/stack.json` says, when its supervisor lives. Holds secrets. */
  state?: StackState
  parts: StackPart[]
  /** Servers of a supervisor that was killed; the next `start` or `stop` ends them. */
  leftovers: number[]
  /** Why the last one stopped by itself, or did not come up. */
  lastFailure?: { at: string; code: string; message: string; detail?: string | undefined; hint?: string | undefined }
}

const failureSchema = z.object({
  at: z.string(),
  code: z.string(),
  message: z.string(),
  detail: z.string().optional(),
  hint: z.string().optional(),
})

const ANSWERS_WITHIN_MS = 2000

/**
 * What is running of a project's stack. It never throws because something is down.
 * @throws JourneysError `no_supabase_folder`
 */
export async function stackStatus({ workdir }: { workdir: string }): Promise<StackStatus> {
  const project = await openProject(workdir)
  const [holder, written, failure] = await Promise.all([
    lockHolder(project.lockFile),
    readState(project),
    readJson(project.failureFile).then((value) => failureSchema.safeParse(value)),
  ])
  const running = holder !== undefined
  const state = written !== undefined && written.supervisorPid === holder?.pid ? written : undefined
  const parts: StackPart[] = [
    { name: 'supervisor', up: running, ...(holder && { pid: holder.pid }) },
    ...(await Promise.all([gatewayPart(state), postgrestPart(state), postgresPart(state)])),
  ]
  const leftovers = running ? [] : await leftoverPids(project)
  return {
    workdir: project.workdir,
    running,
    ready: parts.every(({ up }) => up),
    ...(state && { state }),
    parts,
    leftovers,
    ...(failure.success && { lastFailure: failure.data }),
  }
}

/** True when the gateway says that all behind it answers. */
export function isHealthy(state: StackState): Promise<boolean> {
  return answersOk(`${state.apiUrl}/health`)
}

async function leftoverPids(project: Awaited<ReturnType<typeof openProject>>): Promise<number[]> {
  const { postgres, postgrest } = await findStackProcesses(project, Object.values(dataPlaces(project)))
  return [...postgres, ...postgrest]
}

async function gatewayPart(state: StackState | undefined): Promise<StackPart> {
  if (state === undefined) return { name: 'gateway', up: false }
  // Any answer of its own counts here: /health says 503 when only what is behind it is down.
  const up = await fetch(`${state.apiUrl}/health`, { signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) }).then(
    () => true,
    () => false,
  )
  return { name: 'gateway', up, pid: state.supervisorPid, address: state.apiUrl }
}

async function postgrestPart(state: StackState | undefined): Promise<StackPart> {
  if (state === undefined) return { name: 'postgrest', up: false }
  const up = await answersOk(`${state.postgrestAdminUrl}/ready`)
  return { name: 'postgrest', up, pid: state.postgrestPid, address: state.postgrestUrl }
}

async function postgresPart(state: StackState | undefined): Promise<StackPart> {
  if (state === undefined) return { name: 'postgres', up: false }
  const up = await new Promise<boolean>((resolve) => {
    const socket = connectSocket({ host: '127.0.0.1', port: state.databasePort, timeout: ANSWERS_WITHIN_MS })
    const settle = (value: boolean) => {
      socket.destroy()
      resolve(value)
    }
    socket.once('connect', () => settle(true))
    socket.once('error', () => settle(false))
    socket.once('timeout', () => settle(false))
  })
  return { name: 'postgres', up, pid: state.postgresPid, address: `127.0.0.1:${state.databasePort}` }
}

function answersOk(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) }).then(
    (response) => response.ok,
    () => false,
  )
}
