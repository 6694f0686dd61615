import type { Check } from '../check.ts'
import { api } from './api.ts'
import { auth } from './auth.ts'
import { blockedQueries } from './blocked-queries.ts'
import { cacheHitRate } from './cache-hit-rate.ts'
import { connections } from './connections.ts'
import { database } from './database.ts'
import { erasures } from './erasures.ts'
import { holdsAndRestrictions } from './holds-and-restrictions.ts'
import { idleInTransaction } from './idle-in-transaction.ts'
import { invalidIndexes } from './invalid-indexes.ts'
import { longRunningQueries } from './long-running-queries.ts'
import { migrations } from './migrations.ts'
import { partitions } from './partitions.ts'
import { personalDataCoverage } from './personal-data-coverage.ts'
import { replicationSlots } from './replication-slots.ts'
import { retention } from './retention.ts'
import { retiredMonths } from './retired-months.ts'
import { rowLevelSecurity } from './row-level-security.ts'
import { sequences } from './sequences.ts'
import { wraparound } from './wraparound.ts'

/** Every check there is, in the order in which people read them. A new one is its file and a line here. */
export const checks: readonly Check[] = [
  api,
  auth,
  database,
  connections,
  cacheHitRate,
  longRunningQueries,
  blockedQueries,
  idleInTransaction,
  rowLevelSecurity,
  migrations,
  partitions,
  retention,
  retiredMonths,
  personalDataCoverage,
  erasures,
  holdsAndRestrictions,
  wraparound,
  sequences,
  invalidIndexes,
  replicationSlots,
]

/** What `--only` takes. */
export const healthCheckIds: readonly string[] = checks.map(({ id }) => id)
