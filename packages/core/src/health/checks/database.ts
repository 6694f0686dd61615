import { ExitCode, JourneysError } from '../../errors.ts'
import type { ProbeCheck } from '../check.ts'
import { medianLatency } from '../latency.ts'

export const database: ProbeCheck = {
  id: 'database',
  title: 'Database',
  unit: 'ms',
  threshold: ({ slo }) => ({ warning: slo.databaseLatencyMs }),
  async probe({ config, database }) {
    try {
      const open = await database()
      const value = await medianLatency(5, () => open.query('select 1'))
      const slow = value > config.slo.databaseLatencyMs
      return [
        {
          state: slow ? 'warning' : 'ok',
          value,
          summary: `answers in ${value} ms${slow ? `, the service level is ${config.slo.databaseLatencyMs} ms` : ''}`,
          ...(slow && {
            why: 'the way to it is long, or it is busy',
            remediation: 'journeys health --only connections,long-running-queries,blocked-queries',
          }),
        },
      ]
    } catch (error) {
      // Without a URL there is nothing to judge: that is unknown, and said by the runner.
      if (!(error instanceof JourneysError) || error.exitCode !== ExitCode.unreachable) throw error
      return [{ state: 'critical', summary: error.message, why: error.detail ?? null, remediation: error.hint ?? null }]
    }
  },
}
