import { expect, test } from 'vitest'
import { serviceLevel } from '../../packages/loadtest/src/analysis/service-level.ts'
import { StressWatch } from '../../packages/loadtest/src/analysis/stress-watch.ts'
import { playProfile } from './engine-run.ts'
import { startQueueServer } from './queue-server.ts'

test('the capacity of a server that can answer 90 requests a second is found within a step of 30', async () => {
  const server = await startQueueServer({ atOnce: 2, serviceMs: 21 })
  try {
    const { analysis, findings, plan, ended } = await playProfile(
      server.url,
      { kind: 'stress', startRate: 30, stepRate: 30, maxRate: 600, stepSeconds: 3, settleSeconds: 1 },
      (plan, recorder, config) => new StressWatch(plan, recorder, serviceLevel(config)),
    )
    if (analysis?.kind !== 'stress') throw new Error('no stress analysis')
    const figures = JSON.stringify(analysis, null, 1)
    expect(analysis.capacity?.iterationsPerSecond, figures).toBeGreaterThanOrEqual(60)
    expect(analysis.capacity?.iterationsPerSecond, figures).toBeLessThanOrEqual(90)
    expect(analysis.capacity?.requestsPerSecond).toBeGreaterThan(55)
    expect(analysis.brokeFirst?.what, figures).toBe('latency')
    expect(findings.fail[0]).toMatch(/^the capacity is \d+(\.\d)? requests\/s, 100 are promised/)
    // It ended when the answer was known, long before the last step.
    expect(ended).toContain('two steps in a row')
    expect(analysis.steps.length).toBeLessThan(plan.stages.length / 2)
  } finally {
    await server.stop()
  }
})
