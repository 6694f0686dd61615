import {
  type Database,
  type Environment,
  ExitCode,
  type GdprKeys,
  JourneysError,
  type LoadedConfig,
} from '@journeys/core/ops'
import type { StackState } from '@journeys/stack'
import type { Outcome } from './command.ts'
import type { GlobalValues } from './global-flags.ts'
import type { MainOptions } from './main.ts'
import { formatDuration } from './output/duration.ts'
import type { Output } from './output/output.ts'
import { findWorkdir } from './workdir.ts'

/** What a command works with. Everything is made at first use: `completion` needs no folder, `config show` no stack. */
export interface CommandContext {
  readonly processEnv: NodeJS.ProcessEnv
  readonly cwd: string
  readonly signal: AbortSignal
  readonly stdin: NodeJS.ReadableStream
  readonly output: Output
  readonly verbose: boolean
  /** `local` unless `--env` says otherwise. */
  readonly environmentName: string
  /** The folder with `supabase/` in it. @throws JourneysError when there is none */
  workdir(): string
  config(flags?: Record<string, unknown>): Promise<LoadedConfig>
  /**
   * The environment with its secrets. `local` is started when it is not up, and stopped again at the end when nobody else uses it.
   * `evenBroken` takes a stack whose supervisor lives as it is: what is wrong with it is what is asked.
   */
  environment(options?: { evenBroken?: boolean }): Promise<Environment>
  /** One connection pool to the environment's database, closed at the end. */
  database(): Promise<Database>
  /**
   * What hashes the people in the ledger of erasures and signs the receipts. `local` makes its key at first use.
   * @throws JourneysError `gdpr_key_missing`, `gdpr_key_malformed` (exit code 2)
   */
  gdprKeys(): Promise<GdprKeys>
  /** The stack commands act on this machine only. @throws JourneysError for any other environment */
  localOnly(): void
  /** Prints a document now, as text or JSON, as the runner prints the last one, and returns what it printed. */
  emit(outcome: Outcome<object>): string
  /** Closes what was opened, in reverse order. */
  close(): Promise<void>
}

export interface ContextOptions extends MainOptions {
  signal: AbortSignal
  globals: GlobalValues
  output: Output
  emit: CommandContext['emit']
}

export function createContext(options: ContextOptions): CommandContext {
  const { globals, output, env: processEnv, signal } = options
  const environmentName = globals.env ?? 'local'
  const closers: (() => Promise<unknown>)[] = []
  let workdir: string | undefined
  let environment: Promise<Environment> | undefined
  let database: Promise<Database> | undefined

  async function openEnvironment(evenBroken: boolean): Promise<Environment> {
    const { environment: found } = await context.config()
    if (!found.isLocal) return found
    const { useStack } = await import('@journeys/stack')
    const started = performance.now()
    output.progress.show('starting the local stack')
    const { stack, release } = await useStack({
      workdir: context.workdir(),
      signal,
      evenBroken,
      onProgress: ({ message }) => output.progress.show(`starting the local stack: ${message}`),
      processEnv,
    })
    closers.push(async () => {
      await release(() => output.progress.show('stopping the local stack'))
      output.progress.clear()
    })
    output.progress.clear()
    if (stack.startedNow) output.progress.note(`stack    ready in ${formatDuration(performance.now() - started)}`)
    return { ...found, ...secretsOf(stack) }
  }

  async function openDatabase(): Promise<Database> {
    const environment = await context.environment()
    const { connect, requireSetting } = await import('@journeys/core/ops')
    const databaseUrl = requireSetting(environment, 'databaseUrl')
    const opened = await connect(databaseUrl, { applicationName: 'journeys' })
    closers.push(() => opened.end())
    return opened
  }

  const context: CommandContext = {
    processEnv,
    cwd: options.cwd,
    signal,
    stdin: options.stdin,
    output,
    verbose: globals.verbose,
    emit: options.emit,
    environmentName,
    workdir() {
      workdir ??= findWorkdir(options.cwd, globals.workdir)
      return workdir
    },
    async config(flags = {}) {
      const { loadConfig } = await import('@journeys/core/ops')
      return loadConfig({ workdir: context.workdir(), processEnv, environment: environmentName, flags })
    },
    environment({ evenBroken = false } = {}) {
      environment ??= openEnvironment(evenBroken)
      return environment
    },
    database() {
      database ??= openDatabase()
      return database
    },
    async gdprKeys() {
      const { gdprKeysOf, localGdprSecrets, requireGdprKeys } = await import('@journeys/core/ops')
      const { environment: found } = await context.config()
      return found.isLocal ? gdprKeysOf(await localGdprSecrets(context.workdir())) : requireGdprKeys(found)
    },
    localOnly() {
      if (environmentName === 'local') return
      throw new JourneysError('local_only', `this command acts on the local stack, not on ${environmentName}`, {
        hint: 'leave --env out',
        exitCode: ExitCode.usage,
      })
    },
    async close() {
      for (const close of closers.splice(0).reverse()) await close()
    },
  }
  return context
}

function secretsOf({ apiUrl, anonKey, serviceRoleKey, databaseUrl, jwtSecret }: StackState): Partial<Environment> {
  return { supabaseUrl: apiUrl, anonKey, serviceRoleKey, databaseUrl, jwtSecret }
}
