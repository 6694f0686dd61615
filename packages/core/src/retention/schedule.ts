import type { Environment } from '../config/environment.ts'
import type { Database } from '../database/connection.ts'

/** What to install so that retention runs by itself. */
export interface RetentionSchedule {
  /** `17 3 * * *`, in UTC where the scheduler knows a time zone. */
  expression: string
  /** A line for `crontab -e`. */
  cron: string
  /** A file for `.github/workflows/`. */
  githubActions: { path: string; text: string }
  /** Statements for the database; null: it has no pg_cron. */
  pgCron: { sql: string; installed: boolean } | null
}

/**
 * Once a day: what has expired is then a day late at most, and a run has little to do. In the night, at a minute that is the same each day and
 * not everybody's.
 */
export async function scheduleRetention(
  database: Database,
  {
    environment,
    workdir,
    at,
  }: { environment: Pick<Environment, 'name' | 'isLocal' | 'production'>; workdir: string; at: string },
): Promise<RetentionSchedule> {
  const [hour, minute] = at.split(':').map(Number)
  const expression = `${minute} ${hour} * * *`
  const command = commandFor(environment)
  const { rows } = await database.query<{ installed: boolean }>(
    `select installed_version is not null as installed from pg_catalog.pg_available_extensions where name = 'pg_cron'`,
  )
  const [extension] = rows
  return {
    expression,
    cron: `${expression}  cd ${shellWord(workdir)} && npx ${command} >/dev/null`,
    githubActions: { path: '.github/workflows/retention.yml', text: workflow(environment.name, expression, command) },
    pgCron:
      extension === undefined
        ? null
        : { sql: pgCronStatements(expression, extension.installed), installed: extension.installed },
  }
}

function commandFor({ name, isLocal, production }: Pick<Environment, 'name' | 'isLocal' | 'production'>): string {
  return [
    'journeys retention run',
    ...(isLocal ? [] : [`--env ${name}`]),
    `--confirm ${name}`,
    ...(production ? [`--confirm-production ${name}`] : []),
  ].join(' ')
}

function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

function workflow(environment: string, expression: string, command: string): string {
  return `name: retention
on:
  schedule:
    - cron: '${expression}'
  workflow_dispatch:
# A second one waits: the first is never cancelled.
concurrency:
  group: retention-${environment}
  cancel-in-progress: false
jobs:
  retention:
    runs-on: ubuntu-latest
    timeout-minutes: 60
    environment: ${environment}
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with:
          node-version: 22
          cache: npm
      - run: npm ci
      - run: npx ${command}
        env:
          DATABASE_URL: \${{ secrets.DATABASE_URL }}
`
}

function pgCronStatements(expression: string, installed: boolean): string {
  return [
    ...(installed ? [] : ['create extension if not exists pg_cron;']),
    `select cron.schedule('journeys-retention', '${expression}', 'select public.cleanup_old_data()');`,
  ].join('\n')
}
