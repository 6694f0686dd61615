import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import {
  type Config,
  type Environment,
  ExitCode,
  JourneysError,
  requireSetting,
  resolveThresholds,
} from '@journeys/core/ops'
import type { SignedInUser } from '../engines/engine.ts'
import { findK6 } from '../k6/find-k6.ts'
import { pinnedK6 } from '../k6/pinned.ts'
import { runTool } from '../k6/run-tool.ts'
import { mayLoad } from '../permission.ts'
import { planLoad, plannedDurationMs } from '../profiles/plan.ts'
import { runId } from '../run-id.ts'
import type { LoadedScenarios } from '../scenario-file/load-scenario-files.ts'
import { appScenarios } from '../scenarios/index.ts'
import type { TestUsers, UserProgress } from '../users/test-users.ts'
import { usersOf } from '../users/users-of.ts'
import { configMapManifest, secretName, testRunManifest } from './k6-operator.ts'
import { type PortableScript, portableScript } from './portable-script.ts'

export const exportTargets = ['k6-operator', 'grafana-cloud'] as const
export type ExportTarget = (typeof exportTargets)[number]

export interface ExportOptions {
  readonly to: ExportTarget
  readonly target: Environment
  readonly config: Config
  /** A name in `config.loadtest.profiles`. */
  readonly profile: string
  /** Instead of the app's. */
  readonly scenarios?: Pick<LoadedScenarios, 'source' | 'weights'> | undefined
  /** Instead of the profile's, as for a load test. */
  readonly users?: number | undefined
  readonly rate?: number | undefined
  readonly duration?: string | number | undefined
  /** k6-operator: pods that share the load. @defaultValue one for every 500 users */
  readonly parallelism?: number | undefined
  /** How long the users' tokens are valid, from now. @defaultValue 24 */
  readonly validHours?: number | undefined
  /** A folder for the export is made in it: `<folder>/<id>-<to>`. */
  readonly folder: string
  readonly onProgress?: ((progress: UserProgress) => void) | undefined
  readonly signal?: AbortSignal | undefined
  /** The environment's name, typed by a person: needed when the target is not this machine. */
  readonly confirm?: string | undefined
  readonly processEnv: NodeJS.ProcessEnv
}

export interface ExportedFile {
  /** In the export's folder. */
  readonly name: string
  readonly what: string
  /** Holds keys or tokens: readable by its owner only, and never to be committed. */
  readonly secret: boolean
}

export interface ExportResult {
  readonly id: string
  readonly to: ExportTarget
  readonly folder: string
  readonly files: readonly ExportedFile[]
  /** To type in that folder, in order. */
  readonly commands: readonly string[]
  /** What to know before. */
  readonly notes: readonly string[]
  readonly users: number
  /** ISO 8601. */
  readonly validUntil: string
}

/** What k6 holds for a user is small; what a pod of the usual size can do is about this. */
const usersPerPod = 500
const hourMs = 3_600_000

/**
 * Writes a load test for k6 on other machines: the same script, users that are made now and stay until `removeExport`, and what
 * Kubernetes or Grafana Cloud need to run it.
 *
 * @throws JourneysError (exit 2): a target that must not be loaded, a profile that only works from here (recovery). Users that were made by
 *   then are removed.
 */
export async function exportLoadTest(options: ExportOptions): Promise<ExportResult> {
  const { target, config, profile, to } = options
  const plan = planLoad({
    profile,
    config: config.loadtest,
    weights: options.scenarios?.weights,
    users: options.users,
    rate: options.rate,
    duration: options.duration,
  })
  mayLoad(target, options.confirm, plan)
  if (plan.kind === 'recovery') {
    throw new JourneysError(
      'not_exportable',
      'a recovery test cannot be exported: nobody would stop the database there',
      {
        hint: 'export another profile: load, spike, soak',
        exitCode: ExitCode.usage,
      },
    )
  }
  const generators = to === 'k6-operator' ? (options.parallelism ?? Math.ceil(plan.users / usersPerPod)) : 1
  const startedAt = new Date()
  const id = runId(startedAt)
  const lifetimeMs = (options.validHours ?? 24) * hourMs + plannedDurationMs(plan)
  const folder = path.join(options.folder, `${id}-${to}`)
  const source = await usersOf(target)
  try {
    const users = await makeUsers(source, { ...options, id, count: plan.users, lifetimeMs })
    const files = await portableScript({
      plan,
      scenarios: options.scenarios?.source ?? appScenarios,
      rules: resolveThresholds(config.loadtest.thresholds),
      url: requireSetting(target, 'supabaseUrl'),
      anonKey: requireSetting(target, 'anonKey'),
      users,
      generators,
    })
    const write = to === 'k6-operator' ? writeForOperator : writeForCloud
    const written = await write({
      id,
      folder,
      files,
      generators,
      processEnv: options.processEnv,
      signal: options.signal,
    })
    return {
      id,
      to,
      folder,
      users: users.length,
      validUntil: new Date(startedAt.getTime() + lifetimeMs).toISOString(),
      ...written,
      notes: [...written.notes, ...notesOn(target, plan.kind)],
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    await source.remove(id).catch(() => undefined)
    throw error
  } finally {
    await source.close()
  }
}

/** Removes the users of an export and all they wrote. @returns users that are still there: 0, or something is wrong */
export async function removeExport(target: Environment, id: string): Promise<{ removed: number; left: number }> {
  const source = await usersOf(target)
  try {
    return await source.remove(id)
  } finally {
    await source.close()
  }
}

function makeUsers(
  source: TestUsers,
  options: ExportOptions & { id: string; count: number; lifetimeMs: number },
): Promise<SignedInUser[]> {
  return source.make({
    run: options.id,
    count: options.count,
    lifetimeMs: options.lifetimeMs,
    // They are for a run that is still to come.
    keep: true,
    onProgress: options.onProgress,
    signal: options.signal ?? new AbortController().signal,
  })
}

interface Writing {
  readonly id: string
  readonly folder: string
  readonly files: PortableScript
  readonly generators: number
  readonly processEnv: NodeJS.ProcessEnv
  readonly signal: AbortSignal | undefined
}

type Written = Pick<ExportResult, 'files' | 'commands' | 'notes'>

async function writeForOperator({ id, folder, files, generators, processEnv }: Writing): Promise<Written> {
  const name = `journeys-${id}`
  const secretFiles = Object.keys(files.secrets)
  const options = {
    name,
    parallelism: generators,
    k6Version: (await findK6(processEnv))?.version ?? pinnedK6.release.version,
    script: files.script,
    k6Config: files.config,
    secretFiles,
  }
  const manifests = { 'configmap.yaml': configMapManifest(options), 'testrun.yaml': testRunManifest(options) }
  await writeFiles(folder, manifests, files.secrets)
  const secrets = secretFiles.map((file) => secretName(name, file))
  return {
    files: [
      { name: 'configmap.yaml', what: 'the bundled script and its thresholds', secret: false },
      { name: 'testrun.yaml', what: `the TestRun: ${generators} pods share the load`, secret: false },
      ...secretFiles.map(described),
    ],
    commands: [
      ...secretFiles.map((file, index) => `kubectl create secret generic ${secrets[index]} --from-file=${file}`),
      'kubectl apply -f configmap.yaml -f testrun.yaml',
      `kubectl get testrun ${name} --watch`,
      `kubectl delete testrun/${name} configmap/${name}-script ${secrets.map((secret) => `secret/${secret}`).join(' ')}`,
    ],
    notes: [
      'the k6 operator has to be installed in the cluster',
      'every pod judges its own share: a pod that crosses a threshold ends with 99',
    ],
  }
}

async function writeForCloud({ folder, files, processEnv, signal }: Writing): Promise<Written> {
  await writeFiles(folder, { 'script.js': files.script, 'config.json': files.config }, files.secrets)
  const archive = ['archive', '--config', 'config.json', '-O', 'archive.tar', 'script.js']
  const k6 = await findK6(processEnv)
  if (k6) {
    const words = archive.map((word) => (/\.\w+$/.test(word) ? path.join(folder, word) : word))
    await runTool(k6.path, words, { env: processEnv, signal: signal ?? new AbortController().signal })
    await chmod(path.join(folder, 'archive.tar'), 0o600)
  }
  const made = [
    { name: 'script.js', what: 'the bundled script', secret: false },
    { name: 'config.json', what: 'its thresholds', secret: false },
    ...Object.keys(files.secrets).map(described),
  ]
  const note = 'the archive holds the tokens of the load-test users and the anon key: Grafana Cloud gets them with it'
  return {
    files: k6 ? [{ name: 'archive.tar', what: 'all of it, for k6 cloud run', secret: true }, ...made] : made,
    commands: [...(k6 ? [] : [`k6 ${archive.join(' ')}`]), 'k6 cloud login', 'k6 cloud run archive.tar'],
    notes: k6 ? [note] : [note, 'there is no k6 here to make the archive with: journeys k6 install'],
  }
}

function described(name: string): ExportedFile {
  return {
    name,
    what: name === 'input.json' ? "the plan, the project's address and its key" : "users' tokens",
    secret: true,
  }
}

type Texts = Readonly<Record<string, string>>

async function writeFiles(folder: string, files: Texts, secrets: Texts): Promise<void> {
  // 0700, and each secret 0600: they are somebody's tokens, if only a load-test user's.
  await mkdir(folder, { recursive: true, mode: 0o700 })
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text, { mode: 0o644 })
  for (const [name, text] of Object.entries(secrets)) await writeFile(path.join(folder, name), text, { mode: 0o600 })
}

function notesOn(target: Environment, kind: string): string[] {
  const local = target.isLocal || /^https?:\/\/(localhost|127\.|\[::1\])/.test(target.supabaseUrl ?? '')
  return [
    ...(local ? ['the target is this machine: nothing elsewhere can reach it under this address'] : []),
    ...(kind === 'stress'
      ? ['a stress profile is made to cross its thresholds: the export has none, the capacity is yours to read']
      : []),
  ]
}
