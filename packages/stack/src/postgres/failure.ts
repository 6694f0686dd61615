import { JourneysError } from '@journeys/core/ops'

interface Known {
  pattern: RegExp
  explain(match: RegExpMatchArray, context: FailureContext): JourneysError
}

export interface FailureContext {
  dataDir: string
  port?: number
}

const known: Known[] = [
  {
    pattern: /^.*No space left on device.*$/m,
    explain: ([line]) =>
      new JourneysError('disk_full', 'The disk is full: Postgres cannot write its data.', {
        detail: line,
        hint: 'Free some space (a new stack needs about 100 MB), then: journeys start',
      }),
  },
  {
    pattern: /^.*(could not bind|Address already in use).*$/m,
    explain: ([line], { port }) =>
      new JourneysError('port_taken', `Port ${port ?? ''} for the database is taken.`, {
        detail: line,
        hint: 'Free the port, or choose another: JOURNEYS_DATABASE_PORT=55322 journeys start',
      }),
  },
  {
    pattern: /initialized by PostgreSQL version ([\d.]+)/,
    explain: ([, version], { dataDir }) => otherMajor(version ?? 'unknown', dataDir),
  },
  {
    pattern: /^.*(Permission denied|Read-only file system|has wrong ownership|has invalid permissions).*$/m,
    explain: ([line], { dataDir }) =>
      new JourneysError('folder_not_writable', 'Postgres may not write its data folder.', {
        detail: line,
        hint: `Make ${dataDir} writable for the user that runs journeys, then: journeys start`,
      }),
  },
  {
    pattern: /^.*lock file "postmaster.pid" already exists.*$/m,
    explain: ([line], { dataDir }) =>
      new JourneysError('data_in_use', 'Another Postgres server uses this data folder.', {
        detail: `${line} (${dataDir})`,
        hint: 'journeys stop',
      }),
  },
]

/** True when a postmaster was killed a moment ago and its backends have not noticed yet: they do within a second. */
export function isLeftoverSharedMemory(log: string): boolean {
  return /pre-existing shared memory block/.test(log)
}

export function otherMajor(version: string, dataDir: string): JourneysError {
  return new JourneysError('data_other_major', `The data folder is of PostgreSQL ${version}; this stack runs 15.`, {
    detail: dataDir,
    hint: 'Start over with an empty database (the local data is lost): journeys reset',
  })
}

/** Turns what Postgres or initdb wrote before it gave up into an error that says what to do. */
export function explainPostgresFailure(log: string, context: FailureContext): JourneysError {
  for (const { pattern, explain } of known) {
    const match = log.match(pattern)
    if (match !== null) return explain(match, context)
  }
  const lines = log.trim().split('\n')
  return new JourneysError('postgres_failed', 'Postgres did not start.', {
    detail: lines.slice(-5).join('\n') || 'it wrote nothing to its log',
    hint: 'Read .journeys/logs/postgres.log, or start over with an empty database: journeys reset',
  })
}
