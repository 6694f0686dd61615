import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ExitCode, JourneysError } from '@journeys/core/ops'
import { explainFolder } from '../folder.ts'
import { requirePlatform } from '../postgres/binaries.ts'
import {
  fromPlainError,
  type StackProgress,
  type StarterMessage,
  type SupervisorMessage,
} from '../supervisor/message.ts'
import { dataPlaces } from './data-place.ts'
import { endServers, findStackProcesses } from './leftovers.ts'
import { lockHolder } from './lock.ts'
import { makeProjectFolder, openProject, type Project } from './project.ts'
import { keepUp } from './purpose.ts'
import { readState, type StackState } from './state.ts'
import { isHealthy } from './status.ts'

export interface StartOptions {
  /** Folder with a `supabase/` in it. */
  workdir: string
  onProgress?: ((progress: StackProgress) => void) | undefined
  /** Aborting stops what was started, and rejects with `interrupted`. */
  signal?: AbortSignal | undefined
  /** Read for JOURNEYS_API_PORT, JOURNEYS_DATABASE_PORT and JOURNEYS_POSTGREST. @defaultValue process.env */
  processEnv?: NodeJS.ProcessEnv | undefined
}

export interface StartedStack extends StackState {
  /** False when it was up already, or another `start` brought it up meanwhile. */
  startedNow: boolean
}

/** How long a stack whose supervisor lives may take until it is ready. */
const OTHERS_READY_WITHIN_MS = 120_000

/**
 * Brings the project's stack up, unless it is up already, and resolves when it is ready. Whatever a killed one left behind is
 * taken over. When it fails, nothing is left running. It stays up until it is stopped, also when a command had started it on demand.
 * @throws JourneysError `no_supabase_folder`, `port_taken`, `disk_full`, `folder_not_writable`, `data_other_major`, `interrupted`,
 *   `migration_failed`, ...
 */
export async function startStack(options: StartOptions): Promise<StartedStack> {
  const project = await openProject(options.workdir)
  for (;;) {
    const stack = await bringUp(options)
    // False when the last command that used it has stopped it in this moment.
    if (await keepUp(project, stack, options.signal)) return stack
  }
}

/** What `startStack` does, without a word about how long the stack is to stay: see purpose.ts. */
export async function bringUp(options: StartOptions): Promise<StartedStack> {
  requirePlatform()
  const project = await openProject(options.workdir)
  await makeProjectFolder(project)
  const deadline = Date.now() + OTHERS_READY_WITHIN_MS
  let saidWhy = false
  while (Date.now() < deadline) {
    throwIfInterrupted(options.signal)
    const holder = await lockHolder(project.lockFile)
    if (holder === undefined) {
      if ((await launchSupervisor(project, options)) === 'ready')
        return { ...(await stateOf(project)), startedNow: true }
      continue
    }
    const state = await readState(project)
    const isTheirs = state?.supervisorPid === holder.pid
    if (isTheirs && (await isHealthy(state))) return { ...state, startedNow: false }
    if (!saidWhy) {
      const why = isTheirs ? 'The stack is mending itself' : `Another start is under way (process ${holder.pid})`
      options.onProgress?.({ phase: 'lock', message: `${why}; waiting for it` })
      saidWhy = true
    }
    await sleep(50)
  }
  throw new JourneysError('stack_not_ready', 'The local stack is running but does not become ready.', {
    detail: `logs are in ${project.logs}`,
    hint: 'journeys stop',
  })
}

async function stateOf(project: Project): Promise<StackState> {
  const state = await readState(project)
  if (state !== undefined) return state
  throw new JourneysError('stack_stopped', 'The local stack was stopped right after it was started.', {
    hint: 'journeys start',
  })
}

/** Starts a supervisor and follows it until it is ready, fails, or finds that another one was quicker (`busy`). */
async function launchSupervisor(project: Project, options: StartOptions): Promise<'ready' | 'busy'> {
  const child = spawnSupervisor(project, options.processEnv ?? process.env)
  const abort = () => void (child.connected && child.send({ type: 'abort' } satisfies StarterMessage))
  options.signal?.addEventListener('abort', abort, { once: true })
  try {
    return await new Promise<'ready' | 'busy'>((resolve, reject) => {
      let failure: JourneysError | undefined
      let busy = false
      child.once('error', reject)
      child.on('message', (message: SupervisorMessage) => {
        if (message.type === 'progress') options.onProgress?.({ phase: message.phase, message: message.message })
        else if (message.type === 'ready') resolve('ready')
        else if (message.type === 'busy') busy = true
        else failure = fromPlainError(message.error)
      })
      // Only its end says that nothing is left: it stops what it started before it goes.
      child.once('exit', (code, signal) => {
        if (busy) resolve('busy')
        else if (options.signal?.aborted) reject(interrupted())
        else if (failure !== undefined) reject(failure)
        else void afterSuddenDeath(project, signal ?? `exit code ${code}`).then(reject, reject)
      })
    })
  } finally {
    options.signal?.removeEventListener('abort', abort)
    // It lives on without us: what becomes of it later is no failure of this start.
    child.removeAllListeners()
    if (child.connected) child.disconnect()
    child.unref()
  }
}

function spawnSupervisor(project: Project, env: NodeJS.ProcessEnv): ChildProcess {
  const root = dirname(createRequire(import.meta.url).resolve('@journeys/stack/package.json'))
  const program = join(root, 'dist', 'supervisor.js')
  if (!existsSync(program)) {
    throw new JourneysError('not_built', 'The stack has not been built.', {
      detail: `${program} is missing`,
      hint: 'npm run build',
    })
  }
  let log: number
  try {
    log = openSync(join(project.logs, 'supervisor.log'), 'a', 0o600)
  } catch (error) {
    throw explainFolder(error, project.logs)
  }
  try {
    // Detached: a session of its own, so that neither the terminal's Ctrl-C nor its end reaches the stack.
    return spawn(process.execPath, [program, '--project', project.workdir], {
      cwd: '/',
      env: env.JOURNEYS_POSTGREST ? { ...env, JOURNEYS_POSTGREST: resolve(env.JOURNEYS_POSTGREST) } : env,
      detached: true,
      stdio: ['ignore', log, log, 'ipc'],
    })
  } finally {
    closeSync(log)
  }
}

/** The supervisor was killed while it was starting: its servers go, so that a failed start leaves nothing. */
async function afterSuddenDeath(project: Project, how: string): Promise<JourneysError> {
  if ((await lockHolder(project.lockFile)) === undefined) {
    await endServers(await findStackProcesses(project, Object.values(dataPlaces(project))))
  }
  const log = await readFile(join(project.logs, 'supervisor.log'), 'utf8').catch(() => '')
  return new JourneysError('supervisor_died', `The stack's supervisor ended before it was ready (${how}).`, {
    detail: log.trim().split('\n').slice(-3).join('\n'),
    hint: 'journeys start',
  })
}

function throwIfInterrupted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw interrupted()
}

function interrupted(): JourneysError {
  return new JourneysError('interrupted', 'The start was interrupted; it leaves nothing running.', {
    hint: 'journeys start',
    exitCode: ExitCode.interrupted,
  })
}
