import type { Suspect } from './culprit.ts'
import type { Evidence } from './evidence.ts'
import { counted, figure, megabytes, percent } from './figure.ts'

/** Reads that memory did not serve, in such numbers that they cost something. */
export function cache({ database, durationMs }: Evidence): Suspect | undefined {
  const hit = database?.side.cacheHit
  if (database === undefined || hit === undefined || hit.ratio >= 0.9) return undefined
  const missedPerSecond = (hit.reads * (1 - hit.ratio)) / (durationMs / 1000)
  if (missedPerSecond < 200) return undefined
  const waiting = database.side.waits
    .filter(({ event }) => event === 'DataFileRead')
    .reduce((sum, { share }) => sum + share, 0)
  return {
    kind: 'cache',
    severity: waiting >= 0.3 ? 'critical' : 'warning',
    title: `Only ${percent(hit.ratio)} of the reads were served from the database's memory`,
    detail: `${figure(missedPerSecond)} pages a second came from the disk or from the system's cache; ${percent(waiting)} of the busy sessions waited for them.`,
    hint: 'What is in use does not fit into shared_buffers, or statements read more than they need: see the pages per call of the slowest ones.',
    weight: Math.max(0.3, waiting),
  }
}

/** Commits wait until the log is on the disk. */
export function disk({ database }: Evidence): Suspect | undefined {
  const waits =
    database?.side.waits.filter(({ event }) => /^(WAL(Sync|Write|Insert)|SyncRep|WALWriteLock)$/i.test(event)) ?? []
  const sessions = waits.reduce((sum, wait) => sum + wait.sessions, 0)
  const share = waits.reduce((sum, wait) => sum + wait.share, 0)
  if (share < 0.4 || sessions < 2) return undefined
  return {
    kind: 'disk',
    severity: 'warning',
    title: 'Commits wait for the disk',
    detail: `On average ${counted(sessions, 'session')} waited for the write-ahead log, ${percent(share)} of the busy ones (${waits.map(({ event }) => event).join(', ')}).`,
    hint: 'A faster disk, or fewer and larger transactions: several rows in one request.',
    weight: share * 0.6,
  }
}

export function temporaryFiles({ database }: Evidence): Suspect | undefined {
  const bytes = database?.side.tempBytes ?? 0
  if (bytes < 10_000_000) return undefined
  return {
    kind: 'temporary_files',
    severity: 'warning',
    title: `Statements wrote ${megabytes(bytes)} of temporary files`,
    detail: 'Sorts and joins that do not fit into work_mem go through the disk.',
    hint: 'log_temp_files = 0 names the statements; an index in the order of the sort, or a larger work_mem for them.',
    weight: 0.3,
  }
}
