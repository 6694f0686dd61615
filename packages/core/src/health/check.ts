import type { Environment } from '../config/environment.ts'
import type { Config } from '../config/schema.ts'
import type { Database } from '../database/connection.ts'
import type { Finding } from './finding.ts'

export interface Threshold {
  warning?: number
  critical?: number
}

interface CheckBase {
  /** What `--only` takes: lower case with hyphens. */
  id: string
  /** What people read. */
  title: string
  /** Of `value`. */
  unit?: string
  threshold?: (config: Config) => Threshold
}

/** A check that is one SQL file with the columns of a {@link Finding}; no row means that all is well. */
export interface SqlCheck extends CheckBase {
  sql: string
  parameters?: (config: Config) => unknown[]
  /** Said when there is no row. */
  fine: string
  /** Looks at other people's sessions, which a role without `pg_read_all_stats` sees only in part. */
  readsSessions?: boolean
  /** What to type when a row does not say it itself. */
  remediation?: (context: { environment: Environment }) => string
}

/** A check that asks something else than one SQL statement. */
export interface ProbeCheck extends CheckBase {
  probe: (context: ProbeContext) => Promise<Finding[]>
}

export interface ProbeContext {
  environment: Environment
  config: Config
  workdir: string
  /** Aborted when the check has run out of time. */
  signal: AbortSignal
  /** @throws JourneysError when the environment has no database URL or it cannot be reached */
  database: () => Promise<Database>
}

export type Check = SqlCheck | ProbeCheck

/** ` --env staging`, to end a command with; nothing for the local stack. */
export function environmentFlag({ environment }: { environment: Environment }): string {
  return environment.isLocal ? '' : ` --env ${environment.name}`
}

/** How long a server has for its answer: somewhat less than the check, so that there is time to say who did not answer. */
export function answerTimeMs(config: Config): number {
  return config.health.checkTimeoutMs * 0.8
}
