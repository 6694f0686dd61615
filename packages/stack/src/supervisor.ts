// The process that owns a project's stack: `node supervisor.js --project <folder>`, started detached by `startStack`. It holds the
// lock as long as it lives, so there is one stack per project. Secrets are read from `.journeys/secrets.json`, never from argv.
import { readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { JourneysError } from '@journeys/core/ops'
import { type Lock, takeLock } from './lifecycle/lock.ts'
import { writePrivateJson } from './lifecycle/private-file.ts'
import { makeProjectFolder, openProject, type Project } from './lifecycle/project.ts'
import { removeState, writeState } from './lifecycle/state.ts'
import { assembleStack } from './supervisor/assemble.ts'
import { type Instance, type KeptAlive, keepAlive } from './supervisor/keep-alive.ts'
import { type StarterMessage, type SupervisorMessage, toPlainError } from './supervisor/message.ts'

const LOCK_CHECK_MS = 2000
const LONGEST_LOG_BYTES = 20 * 1024 * 1024

// A disk that is full must not end a stack for the sake of its log.
process.stdout.on('error', () => undefined)
process.stderr.on('error', () => undefined)

const log = (line: string) => void process.stdout.write(`${new Date().toISOString()} ${line}\n`)

/** To the process that started us, as long as it is there. */
const tell = (message: SupervisorMessage) =>
  new Promise<void>((resolve) => {
    if (process.connected) process.send?.(message, undefined, undefined, () => resolve())
    else resolve()
  })

/** Runs a stack until it is told to stop. Returns the exit code. */
async function supervise(project: Project, stopping: AbortController): Promise<number> {
  await makeProjectFolder(project)
  const lock = await takeLock(project.lockFile)
  if ('pid' in lock) {
    await tell({ type: 'busy', pid: lock.pid })
    return 0
  }
  try {
    await removeState(project)
    await setAsideLongLogs(project.logs)
    await run(project, lock, stopping)
    return 0
  } catch (error) {
    if (stopping.signal.aborted) return 0
    return await report(project, error)
  } finally {
    if (await lock.isOurs()) await removeState(project)
    await lock.release()
  }
}

async function run(project: Project, lock: Lock, stopping: AbortController): Promise<void> {
  const { signal } = stopping
  const stack = await assembleStack({
    project,
    env: process.env,
    signal,
    onProgress: (progress) => {
      log(progress.message)
      void tell({ type: 'progress', ...progress })
    },
  })
  let state = stack.state
  const kept: KeptAlive[] = []
  const ended = new Promise<JourneysError | undefined>((resolve) => {
    const giveUp = (reason: string) =>
      resolve(
        new JourneysError('stack_gave_up', 'The local stack stopped: one of its parts keeps failing.', {
          detail: reason,
          hint: `Read the logs in ${project.logs}, then: journeys start`,
        }),
      )
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
    // Somebody deleted the folder, or the lock in it: another stack may have taken our place.
    setInterval(async () => {
      if (!(await lock.isOurs().catch(() => false))) giveUp(`${project.lockFile} is no longer ours`)
    }, LOCK_CHECK_MS)
    const keep = <T extends Instance>(
      name: string,
      first: T,
      restart: () => Promise<T>,
      pid: 'postgresPid' | 'postgrestPid',
    ) =>
      kept.push(
        keepAlive(first, {
          name,
          restart,
          log,
          onGiveUp: giveUp,
          onRestarted: (instance) => {
            state = { ...state, [pid]: instance.pid }
            return writeState(project, state)
          },
        }),
      )
    keep('Postgres', stack.postgres, stack.restartPostgres, 'postgresPid')
    keep('PostgREST', stack.postgrest, stack.restartPostgrest, 'postgrestPid')
  })
  try {
    await writeState(project, state)
    await rm(project.failureFile, { force: true })
    log(`ready at ${state.apiUrl}`)
    await tell({ type: 'ready' })
    const failure = await ended
    if (failure !== undefined) throw failure
  } finally {
    log('stopping')
    await stack.gateway.stop().catch((error: unknown) => log(String(error)))
    for (const part of kept.reverse()) await part.stop()
    log('stopped')
  }
}

async function report(project: Project, failure: unknown): Promise<number> {
  const error = toPlainError(failure)
  log(`failed: ${error.code}: ${error.message} ${error.detail ?? ''}`)
  if (error.code === 'start_failed' && failure instanceof Error) log(failure.stack ?? '')
  await writePrivateJson(project.failureFile, { at: new Date().toISOString(), ...error }).catch(() => undefined)
  await tell({ type: 'failed', error })
  return 1
}

/** Keeps one earlier file of each log that has become long. */
async function setAsideLongLogs(folder: string): Promise<void> {
  for (const name of (await readdir(folder)).filter((entry) => entry.endsWith('.log'))) {
    const path = join(folder, name)
    if ((await stat(path)).size > LONGEST_LOG_BYTES) await rename(path, `${path}.old`)
  }
}

const { values } = parseArgs({ options: { project: { type: 'string' } } })
const stopping = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopping.abort())
process.on('message', (message: StarterMessage) => {
  if (message.type === 'abort') stopping.abort()
})
process.on('unhandledRejection', (error) => {
  log(`unexpected: ${error instanceof Error ? error.stack : error}`)
})

const code = await openProject(values.project ?? '.').then((project) =>
  supervise(project, stopping).catch((error: unknown) => report(project, error)),
)
process.exit(code)
