import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ExitCode, type InputIssue, JourneysError } from '../errors.ts'
import { type Environment, resolveEnvironment } from './environment.ts'
import { configIssues } from './issue.ts'
import { isObject, type Layer, leaves, mergeLayers, nest } from './layers.ts'
import { topOfProfile, withBuiltInProfiles } from './load-profile.ts'
import { type Config, completeConfig, configFileSchema, defaultConfig } from './schema.ts'
import { findSecrets } from './secret.ts'
import { suggestion } from './suggestion.ts'
import { settingsFromEnvironment, variableFinder, variableOf } from './variables.ts'

export const configFileName = 'journeys.config.json'

export interface LoadConfigOptions {
  /** The folder with journeys.config.json, `.env` and supabase/. */
  workdir: string
  processEnv: NodeJS.ProcessEnv
  /** @defaultValue 'local' */
  environment?: string | undefined
  /** Settings by dotted path (`slo.databaseLatencyMs`), above everything else. `undefined` is skipped. */
  flags?: Record<string, unknown> | undefined
}

export interface LoadedConfig {
  config: Config
  /** Path of the file, when there is one. */
  file?: string | undefined
  /**
   * Dotted path → `default`, `file`, `file environments.<name>`, `env NAME`, `flag`, or `slo` for thresholds that follow from the
   * service levels. The environment's own settings are under `environment.` (`.env.staging DATABASE_URL`).
   */
  origins: Record<string, string>
  environment: Environment
}

/**
 * Reads the configuration for one environment: defaults < file < the environment's own section < process environment < flags.
 *
 * @throws JourneysError `config_invalid` with every problem at once in `issues` (path and message), `environment_unknown` with
 *   the names there are, `config_unreadable`; all exit code 2, none with a secret in it.
 */
export async function loadConfig(options: LoadConfigOptions): Promise<LoadedConfig> {
  const name = options.environment ?? 'local'
  const path = join(options.workdir, configFileName)
  const document = await readConfigFile(path)
  const { issues: secrets, rest } = findSecrets(document ?? {})
  const complete = withBuiltIn(rest)
  const written = configFileSchema.safeParse(complete)
  const fileIssues = [...secrets, ...(written.success ? [] : configIssues(written.error, complete))]
  if (!written.success || fileIssues.length > 0) throw invalid(fileIssues, configFileName)

  const environments = written.data.environments
  const entry = Object.hasOwn(environments, name) ? environments[name] : undefined
  if (name !== 'local' && entry === undefined) throw unknownEnvironment(name, Object.keys(environments))

  const { environments: _, ...top } = rest as Record<string, unknown>
  const settable = leaves(defaultConfig()).filter(([, value]) => typeof value === 'number')
  const fromEnvironment = settingsFromEnvironment(
    options.processEnv,
    settable.map(([leaf]) => leaf),
  )
  const layers: Layer[] = [
    { origin: 'file', values: top },
    { origin: `file environments.${name}`, values: ownSections(rest, name) },
    { origin: (leaf) => `env ${variableOf(leaf)}`, values: nest(fromEnvironment.values) },
    { origin: 'flag', values: nest(options.flags ?? {}) },
  ]
  const merged = mergeLayers(layers)
  const values = withBuiltIn({ ...merged.values, environments: environmentsOf(rest) })
  const effective = configFileSchema.safeParse(values)
  const find = await variableFinder(options.workdir, options.processEnv, name)
  const target = entry === undefined ? localEnvironment() : resolveEnvironment(name, entry, find)
  const issues = [
    ...fromEnvironment.issues,
    ...(effective.success
      ? [...contradictions(completeConfig(effective.data)), ...aboveCeiling(effective.data.loadtest)]
      : configIssues(effective.error, values)),
    ...target.issues,
  ].map((issue) => withOrigin(issue, merged.origins))
  if (!effective.success || issues.length > 0) throw invalid(issues, 'The configuration')

  const config = completeConfig(effective.data)
  const inFile = new Set(leaves(rest as object).map(([leaf]) => leaf))
  return {
    config,
    file: document === undefined ? undefined : path,
    origins: {
      ...Object.fromEntries(leaves(config).map(([leaf]) => [leaf, originOf(leaf, merged.origins, inFile)])),
      ...target.origins,
    },
    environment: target.environment,
  }
}

async function readConfigFile(path: string): Promise<unknown> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new JourneysError('config_unreadable', `${configFileName} cannot be read`, {
      detail: path,
      hint: 'check that it is a file that you may read, then: journeys config show',
      exitCode: ExitCode.usage,
      cause,
    })
  }
  let document: unknown
  try {
    document = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    throw new JourneysError('config_invalid', `${configFileName} is not JSON`, {
      detail: `${path}${jsonPosition(text, error)}`,
      hint: 'correct it (no comments, no comma after the last item), then: journeys config show',
      exitCode: ExitCode.usage,
    })
  }
  if (!isObject(document)) throw invalid([{ path: [], message: 'must be an object: { ... }' }], configFileName)
  return document
}

/** Only the place: V8 quotes the text around it, which may be a secret. */
function jsonPosition(text: string, error: unknown): string {
  const position = /at position (\d+)/.exec(String(error))?.[1]
  if (position === undefined) return ''
  const before = text.slice(0, Number(position)).split('\n')
  return `:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`
}

function environmentsOf(document: unknown): Record<string, unknown> {
  const environments = isObject(document) ? document.environments : undefined
  return isObject(environments) ? environments : {}
}

function ownSections(document: unknown, name: string): Record<string, unknown> {
  const entry = environmentsOf(document)[name]
  if (!isObject(entry)) return {}
  const { url: _url, production: _production, ...sections } = entry
  return sections
}

/** With what the built-in profiles say where the file, or an environment's section, changes a part of one. */
function withBuiltIn(document: unknown): unknown {
  if (!isObject(document)) return document
  const { environments } = document
  return {
    ...profilesCompleted(document),
    ...(isObject(environments)
      ? {
          environments: Object.fromEntries(
            Object.entries(environments).map(([name, entry]) => [
              name,
              isObject(entry) ? profilesCompleted(entry) : entry,
            ]),
          ),
        }
      : {}),
  }
}

function profilesCompleted(sections: Record<string, unknown>): Record<string, unknown> {
  const { loadtest } = sections
  if (!isObject(loadtest) || !isObject(loadtest.profiles)) return sections
  return { ...sections, loadtest: { ...loadtest, profiles: withBuiltInProfiles(loadtest.profiles) } }
}

function localEnvironment(): { environment: Environment; origins: Record<string, string>; issues: InputIssue[] } {
  // Not from SUPABASE_URL and its like: a shell set up for staging must not turn `local` into staging.
  return { environment: { name: 'local', production: false, isLocal: true }, origins: {}, issues: [] }
}

/** What each value alone does not show. */
function contradictions({
  alerts: { warning, critical },
  health: { blockedQueries, wraparound },
}: Config): InputIssue[] {
  const pairs: [string, number, string, number][] = [
    [
      'alerts.warning.databaseConnectionsPercent',
      warning.databaseConnectionsPercent,
      'alerts.critical.databaseConnectionsPercent',
      critical.databaseConnectionsPercent,
    ],
    [
      'alerts.warning.responseTimeMs',
      warning.responseTimeMs,
      'alerts.critical.responseTimeMs',
      critical.responseTimeMs,
    ],
    [
      'health.blockedQueries.warningSeconds',
      blockedQueries.warningSeconds,
      'health.blockedQueries.criticalSeconds',
      blockedQueries.criticalSeconds,
    ],
    [
      'health.wraparound.warningPercent',
      wraparound.warningPercent,
      'health.wraparound.criticalPercent',
      wraparound.criticalPercent,
    ],
  ]
  return pairs
    .filter(([, low, , high]) => low > high)
    .map(([path, low, other, high]) => ({
      path: path.split('.'),
      message: `${low} is above ${other} (${high}): the warning would never be seen`,
    }))
}

/** Only of profiles that somebody wrote: a lowered ceiling must not make the built-in ones an error before they are used. */
function aboveCeiling({ ceiling, profiles }: Pick<Config['loadtest'], 'ceiling' | 'profiles'>): InputIssue[] {
  return Object.entries(profiles).flatMap(([name, profile]) => {
    const top = topOfProfile(profile)
    return (['users', 'rate'] as const)
      .filter((what) => (top[what] ?? 0) > ceiling[what])
      .map((what) => ({
        path: ['loadtest', 'profiles', name],
        message: `goes up to ${top[what]} ${what === 'users' ? 'users' : 'iterations per second'}, above loadtest.ceiling.${what} (${ceiling[what]})`,
      }))
  })
}

function originOf(leaf: string, origins: Record<string, string>, inFile: Set<string>): string {
  if (leaf.startsWith('environments.')) return inFile.has(leaf) ? 'file' : 'default'
  // A threshold in k6's long form was set part by part, and is shown as a whole.
  const own = origins[leaf] ?? Object.entries(origins).find(([path]) => path.startsWith(`${leaf}.`))?.[1]
  return own ?? (leaf.startsWith('loadtest.thresholds.') ? 'slo' : 'default')
}

function withOrigin(issue: InputIssue, origins: Record<string, string>): InputIssue {
  const origin = origins[issue.path.join('.')]
  return origin === undefined || origin === 'file' ? issue : { ...issue, message: `${issue.message} (${origin})` }
}

function invalid(issues: InputIssue[], what: string): JourneysError {
  const count = issues.length === 1 ? 'a problem' : `${issues.length} problems`
  return new JourneysError('config_invalid', `${what} has ${count}`, {
    detail: issues.map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message)).join('\n'),
    hint: 'correct what is named above, then: journeys config show',
    exitCode: ExitCode.usage,
    issues,
  })
}

function unknownEnvironment(name: string, others: string[]): JourneysError {
  const known = ['local', ...others]
  return new JourneysError('environment_unknown', `There is no environment ${JSON.stringify(name)}`, {
    detail: `${configFileName} knows: ${known.join(', ')}`,
    hint: `${suggestion(name, known).replace(/[^?]$/, '$&.')} A new one is an entry in ${configFileName}: "environments": { "${/^[a-z][a-z0-9-]*$/.test(name) ? name : 'staging'}": { "url": "https://..." } }`,
    exitCode: ExitCode.usage,
  })
}
