import type { AnyCommand } from './command.ts'

/** Reads the command's file only when it is asked for. */
type Load = () => Promise<{ command: AnyCommand }>

export interface CatalogueEntry {
  /** The words after `journeys`. */
  readonly name: string
  readonly summary: string
  /** Heading in the help. */
  readonly group: string
  readonly load: Load
}

/** The order in which the help lists them. */
export const catalogue: readonly CatalogueEntry[] = [
  ...group('Local stack:', {
    start: ['bring up Postgres, PostgREST, auth and the gateway', () => import('./commands/start.ts')],
    stop: ['stop the local stack; its data stays', () => import('./commands/stop.ts')],
    status: ['what runs and where; --env prints the keys for a shell', () => import('./commands/status.ts')],
    reset: ['throw the local data away and start from nothing', () => import('./commands/reset.ts')],
  }),
  ...group('Operations:', {
    health: ['one verdict, what is wrong, what to do', () => import('./commands/health.ts')],
    loadtest: ['realistic traffic, judged against the service levels', () => import('./commands/loadtest.ts')],
    'migrate up': ['apply the migrations that are pending', () => import('./commands/migrate-up.ts')],
    'migrate status': ['which migrations are applied, which pending', () => import('./commands/migrate-status.ts')],
  }),
  ...group('Personal data:', {
    'gdpr anonymize': ["erase a person's data, untie what must stay", () => import('./commands/gdpr-anonymize.ts')],
    'retention run': ['delete what is older than two years', () => import('./commands/retention-run.ts')],
  }),
  ...group('Setup:', {
    'config show': ['every setting and where it comes from', () => import('./commands/config-show.ts')],
    'k6 install': ["put a pinned k6 into the user's cache folder", () => import('./commands/k6-install.ts')],
    completion: ['print the completion script for a shell', () => import('./commands/completion.ts')],
  }),
]

/** What the first word of several commands stands for. */
export const groupSummaries: Readonly<Record<string, string>> = {
  migrate: 'The schema: what is applied, what is pending.',
  gdpr: 'The rights of the people whose data this is.',
  retention: 'Keeping data no longer than promised.',
  config: 'The configuration.',
  k6: 'The load generator.',
}

function group(heading: string, commands: Record<string, readonly [summary: string, load: Load]>): CatalogueEntry[] {
  return Object.entries(commands).map(([name, [summary, load]]) => ({ name, summary, group: heading, load }))
}
