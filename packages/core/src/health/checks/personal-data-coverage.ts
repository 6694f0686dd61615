import { findCoverage } from '../../gdpr/coverage.ts'
import { environmentFlag, type ProbeCheck } from '../check.ts'
import type { Finding } from '../finding.ts'

export const personalDataCoverage: ProbeCheck = {
  id: 'personal-data-coverage',
  title: 'Personal data',
  unit: 'findings',
  threshold: () => ({ warning: 1 }),
  async probe({ environment, config, database }) {
    const { tables, findings } = await findCoverage(await database(), config.personalData)
    if (findings.length === 0) {
      const columns = tables.reduce((sum, table) => sum + table.columns.length, 0)
      return [{ state: 'ok', value: 0, summary: `${columns} columns of ${tables.length} tables, all decided` }]
    }
    return findings.map(
      ({ kind, table, columns, summary, why }): Finding => ({
        state: 'warning',
        value: findings.length,
        summary,
        why: kind === 'undecided' ? `an erasure would not know what to do with it (${why})` : why,
        remediation: `journeys gdpr coverage${environmentFlag({ environment })}`,
        facts: [{ kind, table, columns }],
      }),
    )
  },
}
