import { connections } from './connections.ts'
import { cpu } from './cpu.ts'
import type { Culprit, CulpritKind, Suspect } from './culprit.ts'
import { deadlocks } from './deadlocks.ts'
import type { Evidence } from './evidence.ts'
import { idleInTransaction } from './idle-in-transaction.ts'
import { locks } from './locks.ts'
import { outage } from './outage.ts'
import { pool } from './pool.ts'
import { sequentialScans } from './sequential-scans.ts'
import { sleep } from './sleep.ts'
import { slowStatement } from './slow-statement.ts'
import { cache, disk, temporaryFiles } from './storage.ts'

const rules: readonly ((evidence: Evidence) => Suspect | Suspect[] | undefined)[] = [
  outage,
  sleep,
  locks,
  deadlocks,
  sequentialScans,
  slowStatement,
  pool,
  connections,
  idleInTransaction,
  cpu,
  cache,
  disk,
  temporaryFiles,
]

/** What brings others about: a table that is read as a whole makes statements slow, and these keep the pool's connections busy. */
const causes: Partial<Record<CulpritKind, readonly CulpritKind[]>> = {
  pool: ['sleep', 'locks', 'sequential_scans', 'slow_statement', 'outage'],
  slow_statement: ['sequential_scans'],
}

/** Where to look, most likely first; nothing for a server that is just at work. */
export function findCulprits(evidence: Evidence): Culprit[] {
  const suspects = rules.flatMap((rule) => rule(evidence) ?? [])
  return suspects
    .map((suspect) => {
      const causing = causes[suspect.kind] ?? []
      const cause = suspects.find(({ kind, severity }) => severity === 'critical' && causing.includes(kind))
      return cause === undefined ? suspect : asConsequence(suspect, cause)
    })
    .sort((a, b) => rank(b) - rank(a) || b.weight - a.weight)
    .map(({ weight: _, ...culprit }) => culprit)
}

function asConsequence(suspect: Suspect, cause: Suspect): Suspect {
  return { ...suspect, severity: 'warning', detail: `${suspect.detail} Probably a consequence: ${cause.title}.` }
}

function rank({ severity }: Suspect): number {
  return severity === 'critical' ? 1 : 0
}
