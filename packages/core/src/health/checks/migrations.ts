import { join } from 'node:path'
import { migrationStatus } from '../../migrations/status.ts'
import { environmentFlag, type ProbeCheck } from '../check.ts'

export const migrations: ProbeCheck = {
  id: 'migrations',
  title: 'Migrations',
  unit: 'pending',
  threshold: () => ({ warning: 1 }),
  async probe({ environment, workdir, database }) {
    const status = await migrationStatus(await database(), join(workdir, 'supabase', 'migrations'))
    const blocking = status.problems.filter((problem) => problem.blocking)
    const pending = status.pending.length
    const findings = blocking.map(({ message, hint }) => ({
      state: 'warning' as const,
      value: pending,
      summary: message,
      why: 'journeys migrate up refuses to go on',
      remediation: hint,
    }))
    if (pending > 0 && blocking.length === 0) {
      return [
        {
          state: 'warning',
          value: pending,
          summary: pending === 1 ? '1 migration is pending' : `${pending} migrations are pending`,
          why: 'the app may ask for what is not there yet',
          remediation: `journeys migrate up${environmentFlag({ environment })}`,
          facts: status.pending.map(({ version, name }) => ({ version, name })),
        },
      ]
    }
    if (findings.length > 0) return findings
    return [{ state: 'ok', value: 0, summary: `${status.applied.length} applied, none pending` }]
  },
}
