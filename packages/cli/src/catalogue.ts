import type { AnyCommand } from './command.ts'

export interface CatalogueEntry {
  /** The words after `journeys`. */
  readonly name: string
  readonly summary: string
  readonly group: string
  /** Reads the command's file, and the libraries it calls, only now. */
  load(): Promise<{ command: AnyCommand }>
}

/** The order in which the help lists them. */
export const catalogue: readonly CatalogueEntry[] = [
  entry(
    'Local stack:',
    'start',
    'bring up Postgres, PostgREST, auth and the gateway',
    () => import('./commands/start.ts'),
  ),
  entry('Local stack:', 'stop', 'stop the local stack; its data stays', () => import('./commands/stop.ts')),
  entry(
    'Local stack:',
    'status',
    'what runs and where; --env prints the keys for a shell',
    () => import('./commands/status.ts'),
  ),
  entry(
    'Local stack:',
    'reset',
    'throw the local data away and start from nothing',
    () => import('./commands/reset.ts'),
  ),
  entry('Operations:', 'health', 'one verdict, what is wrong, what to do', () => import('./commands/health.ts')),
  entry(
    'Operations:',
    'loadtest',
    'realistic traffic, judged against the service levels',
    () => import('./commands/loadtest.ts'),
  ),
  entry('Operations:', 'migrate up', 'apply the migrations that are pending', () => import('./commands/migrate-up.ts')),
  entry(
    'Operations:',
    'migrate status',
    'which migrations are applied and which are pending',
    () => import('./commands/migrate-status.ts'),
  ),
  entry(
    'Personal data:',
    'gdpr anonymize',
    "erase a person's data and what ties the rest to them",
    () => import('./commands/gdpr-anonymize.ts'),
  ),
  entry(
    'Personal data:',
    'retention run',
    'delete what is older than the retention period',
    () => import('./commands/retention-run.ts'),
  ),
  entry(
    'Setup:',
    'config show',
    'the effective configuration and where each value comes from',
    () => import('./commands/config-show.ts'),
  ),
  entry(
    'Setup:',
    'k6 install',
    "put a pinned k6 into the user's cache folder",
    () => import('./commands/k6-install.ts'),
  ),
  entry('Setup:', 'completion', 'print the completion script for a shell', () => import('./commands/completion.ts')),
]

/** What the first word of several commands stands for, in the help. */
export const groupSummaries: Readonly<Record<string, string>> = {
  migrate: 'schema migrations: status, up',
  gdpr: 'the rights of the people whose data this is: anonymize',
  retention: 'keeping data no longer than promised: run',
  config: 'the configuration: show',
  k6: 'the load generator: install',
}

function entry(group: string, name: string, summary: string, load: CatalogueEntry['load']): CatalogueEntry {
  return { name, summary, group, load }
}
