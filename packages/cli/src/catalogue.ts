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
    'migrate up': ['apply the migrations that are pending', () => import('./commands/migrate-up.ts')],
    'migrate status': ['which migrations are applied, which pending', () => import('./commands/migrate-status.ts')],
  }),
  ...group('Load test:', {
    loadtest: ['realistic traffic, judged against the service levels', () => import('./commands/loadtest.ts')],
    'loadtest baseline save': ['keep runs to compare later ones with', () => import('./commands/baseline-save.ts')],
    'loadtest baseline list': ['the baselines there are', () => import('./commands/baseline-list.ts')],
    'loadtest baseline show': ['what one of them holds', () => import('./commands/baseline-show.ts')],
    'loadtest baseline compare': ['the same as loadtest compare', () => import('./commands/baseline-compare.ts')],
    'loadtest compare': ['two runs, baselines or k6 summaries', () => import('./commands/loadtest-compare.ts')],
    'loadtest new': ['write a scenario of your own', () => import('./commands/loadtest-new.ts')],
    'loadtest export': ['the same load on Kubernetes or Grafana Cloud', () => import('./commands/loadtest-export.ts')],
    'loadtest merge': ['one result of several generators', () => import('./commands/loadtest-merge.ts')],
  }),
  ...group('Personal data:', {
    'gdpr coverage': ['columns that nobody has decided about', () => import('./commands/gdpr-coverage.ts')],
    'gdpr export': ['a copy of all data about a person, as a zip file', () => import('./commands/gdpr-export.ts')],
    'gdpr key': ['what signs receipts, and knows who was erased', () => import('./commands/gdpr-key.ts')],
    'gdpr anonymize': ['erase a person, search, sign a receipt', () => import('./commands/gdpr-anonymize.ts')],
    'gdpr restrict': ["refuse every change of a person's data", () => import('./commands/gdpr-restrict.ts')],
    'gdpr unrestrict': ['end that, once they were told', () => import('./commands/gdpr-unrestrict.ts')],
    'gdpr hold add': ['keep data that a claim asks for', () => import('./commands/gdpr-hold-add.ts')],
    'gdpr hold remove': ['let it go again', () => import('./commands/gdpr-hold-remove.ts')],
    'gdpr hold list': ['the legal holds there are', () => import('./commands/gdpr-hold-list.ts')],
    'gdpr status': ['erasures under way, due dates, steps by hand', () => import('./commands/gdpr-status.ts')],
    'gdpr verify': ['whether a receipt still holds', () => import('./commands/gdpr-verify.ts')],
    'gdpr replay': ['after a restore: erase again who came back', () => import('./commands/gdpr-replay.ts')],
    'gdpr tick': ['write down that a step by hand is done', () => import('./commands/gdpr-tick.ts')],
    'gdpr purge-ledger': ['forget erasures that are long past', () => import('./commands/gdpr-purge-ledger.ts')],
    'retention plan': ['what has expired, rule by rule', () => import('./commands/retention-plan.ts')],
    'retention run': ['remove what has expired', () => import('./commands/retention-run.ts')],
    'retention restore': ['bring a retired month back', () => import('./commands/retention-restore.ts')],
    'retention schedule': ['what to install to run it daily', () => import('./commands/retention-schedule.ts')],
  }),
  ...group('Setup:', {
    'config show': ['every setting and where it comes from', () => import('./commands/config-show.ts')],
    'k6 install': ["put a pinned k6 into the user's cache folder", () => import('./commands/k6-install.ts')],
    completion: ['print the completion script for a shell', () => import('./commands/completion.ts')],
  }),
]

/** What the words that several commands begin with stand for; `loadtest` is a command itself. */
export const groupSummaries: Readonly<Record<string, string>> = {
  'loadtest baseline': 'Runs to compare later ones with, in files made to be committed.',
  migrate: 'The schema: what is applied, what is pending.',
  gdpr: 'The rights of the people whose data this is.',
  'gdpr hold': 'Data that must not be destroyed, because a claim or an authority asks for it.',
  retention: 'Keeping data no longer than promised.',
  config: 'The configuration.',
  k6: 'The load generator.',
}

/** The entry that the words begin with; of two, the longer one: `loadtest compare a b` is not `loadtest`. */
export function findEntry(words: readonly string[]): CatalogueEntry | undefined {
  const typed = `${words.join(' ')} `
  return catalogue.filter(({ name }) => typed.startsWith(`${name} `)).sort((a, b) => b.name.length - a.name.length)[0]
}

/** The commands whose name begins with these words. */
export function commandsUnder(words: string): CatalogueEntry[] {
  return catalogue.filter(({ name }) => name.startsWith(`${words} `))
}

function group(heading: string, commands: Record<string, readonly [summary: string, load: Load]>): CatalogueEntry[] {
  return Object.entries(commands).map(([name, [summary, load]]) => ({ name, summary, group: heading, load }))
}
