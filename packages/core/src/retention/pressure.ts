import { setTimeout as sleep } from 'node:timers/promises'
import type { Config } from '../config/schema.ts'
import type { Queryable } from '../database/connection.ts'
import { JourneysError } from '../errors.ts'

const lookEveryMs = 250

export interface PressureOptions {
  limits: Config['retention']['pressure']
  /** Backend of the session that deletes. */
  pid: number
  onPause?: ((why: string) => void) | undefined
  signal?: AbortSignal | undefined
}

/** Watches how the database fares under a run of deletions, and makes it wait. */
export interface PressureGauge {
  /** Looks, a few times a second at most; resolves when the database has room again. Others who waited for us: true. */
  breathe(): Promise<{ inTheWay: boolean }>
}

/** @param lookout another connection than the one that deletes: it looks while that one works */
export function createPressureGauge(lookout: Queryable, options: PressureOptions): PressureGauge {
  let looked = Number.NEGATIVE_INFINITY
  return {
    async breathe() {
      if (performance.now() - looked < lookEveryMs) return { inTheWay: false }
      const started = performance.now()
      for (let pause = lookEveryMs; ; pause = Math.min(pause * 2, 5000)) {
        const { waiting, ...reading } = await readPressure(lookout, options.pid)
        looked = performance.now()
        const why = tooMuch(reading, options.limits)
        if (why === undefined) return { inTheWay: waiting > 0 }
        if (looked - started > options.limits.patienceSeconds * 1000) {
          throw new JourneysError('retention_under_pressure', 'The database was under pressure for too long', {
            detail: why,
            hint: 'run it again when less is going on: journeys retention run --confirm',
          })
        }
        options.onPause?.(why)
        await sleep(pause, undefined, options.signal ? { signal: options.signal } : {})
      }
    },
  }
}

interface Pressure {
  active: number
  lagSeconds: number
}

function tooMuch({ active, lagSeconds }: Pressure, limits: PressureOptions['limits']): string | undefined {
  if (active > limits.activeStatements) return `${active} statements run at the same time`
  if (lagSeconds > limits.replicationLagSeconds) return `a standby is ${Math.round(lagSeconds)} s behind`
  return undefined
}

async function readPressure(lookout: Queryable, pid: number): Promise<Pressure & { waiting: number }> {
  const { rows } = await lookout.query<Pressure & { waiting: number }>(
    `select
       count(*) filter (where a.state = 'active' and a.pid not in ($1, pg_backend_pid())) as active,
       count(*) filter (where case when a.wait_event_type = 'Lock' then $1 = any(pg_blocking_pids(a.pid)) end) as waiting,
       coalesce((select extract(epoch from max(r.replay_lag)) from pg_catalog.pg_stat_replication r), 0)::float8 as "lagSeconds"
     from pg_catalog.pg_stat_activity a
     where a.backend_type = 'client backend'`,
    [pid],
  )
  return rows[0] ?? { active: 0, waiting: 0, lagSeconds: 0 }
}
