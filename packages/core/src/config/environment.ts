import { parseDatabaseUrl } from '../database/address.ts'
import { ExitCode, type InputIssue, JourneysError } from '../errors.ts'
import { keyIssue, keyProject } from './key.ts'
import { urlProblem } from './schema.ts'

/** What a command acts on. Its secrets are for use, never for print. */
export interface Environment {
  name: string
  production: boolean
  /** The stack of this repository; its addresses and keys come from the stack's own state. */
  isLocal: boolean
  supabaseUrl?: string | undefined
  anonKey?: string | undefined
  serviceRoleKey?: string | undefined
  databaseUrl?: string | undefined
  /** Mints load-test tokens without signing in. */
  jwtSecret?: string | undefined
  /** Hashes the people in the ledger of erasures, and signs the receipts. */
  gdprKey?: string | undefined
  /** Keys that were in use before it, with commas between them. */
  gdprOldKeys?: string | undefined
}

/** Where each secret and address of an environment stands outside the config file. */
export const environmentVariables = {
  supabaseUrl: 'SUPABASE_URL',
  anonKey: 'SUPABASE_ANON_KEY',
  serviceRoleKey: 'SUPABASE_SERVICE_ROLE_KEY',
  databaseUrl: 'DATABASE_URL',
  jwtSecret: 'SUPABASE_JWT_SECRET',
  gdprKey: 'JOURNEYS_GDPR_KEY',
  gdprOldKeys: 'JOURNEYS_GDPR_OLD_KEYS',
} as const

export type EnvironmentSetting = keyof typeof environmentVariables

/** A setting that this environment cannot do without, or an error that says where to put it. */
export function requireSetting(environment: Environment, setting: EnvironmentSetting): string {
  const value = environment[setting]
  if (value !== undefined) return value
  const variable = environmentVariables[setting]
  throw new JourneysError('setting_missing', `${variable} is not set for environment ${environment.name}`, {
    hint: environment.isLocal
      ? 'journeys start brings the local stack up'
      : `put ${variable} into the environment or into .env.${environment.name}`,
    exitCode: ExitCode.usage,
  })
}

/** A variable's value and the place it was found in (`env` or a file's name). */
export interface FoundVariable {
  value: string
  place: string
}

export interface ResolvedEnvironment {
  environment: Environment
  /** `environment.anonKey` → `.env.staging SUPABASE_ANON_KEY` */
  origins: Record<string, string>
  issues: InputIssue[]
}

/**
 * Puts a hosted environment together and judges its keys before anything is sent to them.
 * No issue repeats a value: keys and database URLs are secrets, and a mistyped URL may hold one.
 */
export function resolveEnvironment(
  name: string,
  entry: { url?: string | undefined; production: boolean },
  find: (variable: string) => FoundVariable | undefined,
): ResolvedEnvironment {
  const origins: Record<string, string> = {}
  const issues: InputIssue[] = []
  const environment: Environment = { name, production: entry.production, isLocal: false }
  const report = (variable: string, message: string) => issues.push({ path: [variable], message })

  for (const [setting, variable] of Object.entries(environmentVariables) as [EnvironmentSetting, string][]) {
    const found = find(variable)
    if (found === undefined) continue
    environment[setting] = found.value
    origins[`environment.${setting}`] = `${found.place} ${variable}`
  }
  const { supabaseUrl, anonKey, serviceRoleKey, databaseUrl, jwtSecret } = environment

  const problem = supabaseUrl === undefined ? undefined : urlProblem(supabaseUrl)
  if (problem) report('SUPABASE_URL', problem)
  else if (supabaseUrl !== undefined) environment.supabaseUrl = new URL(supabaseUrl).origin
  if (entry.url !== undefined) {
    const url = new URL(entry.url).origin
    // Two projects mixed up here would mean the keys of one and the deletions of another.
    if (environment.supabaseUrl !== undefined && !problem && environment.supabaseUrl !== url) {
      report('SUPABASE_URL', `is not the url that the config file has for ${name}; leave one of them out`)
    }
    environment.supabaseUrl = url
    origins['environment.supabaseUrl'] = `file environments.${name}.url`
  }
  if (environment.supabaseUrl === undefined) {
    report('SUPABASE_URL', `is missing, and environments.${name} has no url in the config file`)
  }

  for (const [variable, key, role] of [
    ['SUPABASE_ANON_KEY', anonKey, 'anon'],
    ['SUPABASE_SERVICE_ROLE_KEY', serviceRoleKey, 'service_role'],
  ] as const) {
    const message = key === undefined ? undefined : keyIssue(key, role)
    if (message) report(variable, message)
  }
  // GoTrue and PostgREST both refuse a shorter one.
  if (jwtSecret !== undefined && jwtSecret.length < 32) report('SUPABASE_JWT_SECRET', 'has fewer than 32 characters')
  const databaseProject = databaseUrl === undefined ? undefined : checkDatabaseUrl(databaseUrl, report)
  checkProjects(environment, databaseProject, report)
  return { environment, origins, issues }
}

/** @returns the project's reference, where a hosted database's address or user says it. */
function checkDatabaseUrl(databaseUrl: string, report: (variable: string, message: string) => void) {
  try {
    const { host, user } = parseDatabaseUrl(databaseUrl)
    return /^db\.([a-z0-9]+)\.supabase\.(?:co|com|in)$/.exec(host)?.[1] ?? /^[a-z_]+\.([a-z0-9]{20})$/.exec(user)?.[1]
  } catch (error) {
    if (!(error instanceof JourneysError)) throw error
    report('DATABASE_URL', [error.message, error.detail, error.hint].filter(Boolean).join('; '))
    return undefined
  }
}

function checkProjects(
  environment: Environment,
  databaseProject: string | undefined,
  report: (variable: string, message: string) => void,
): void {
  const project = /^https:\/\/([a-z0-9]+)\.supabase\.(?:co|in)$/.exec(environment.supabaseUrl ?? '')?.[1]
  if (project === undefined) return
  for (const [variable, other] of [
    ['SUPABASE_ANON_KEY', keyProject(environment.anonKey)],
    ['SUPABASE_SERVICE_ROLE_KEY', keyProject(environment.serviceRoleKey)],
    ['DATABASE_URL', databaseProject],
  ] as const) {
    if (other !== undefined && other !== project) {
      report(variable, `belongs to project ${other}, but ${environment.name} is project ${project}`)
    }
  }
}
