import { expect, test } from 'vitest'
import { serviceLevel } from '../../packages/loadtest/src/analysis/service-level.ts'
import { StressWatch } from '../../packages/loadtest/src/analysis/stress-watch.ts'
import { playProfile } from './engine-run.ts'
import { startQueueServer } from './queue-server.ts'

const stepRate = 30

test('the capacity of a server that can answer some 90 requests a second is found', async () => {
  const server = await startQueueServer({ atOnce: 2, serviceMs: 21 })
  try {
    const { analysis, findings, plan, ended } = await playProfile(
      server.url,
      { kind: 'stress', startRate: stepRate, stepRate, maxRate: 600, stepSeconds: 3, settleSeconds: 1 },
      (plan, recorder, config) => new StressWatch(plan, recorder, serviceLevel(config)),
    )
    if (analysis?.kind !== 'stress') throw new Error('no stress analysis')
    const truth = server.capacity()
    const figures = `${truth}/s in truth\n${JSON.stringify(analysis, null, 1)}`
    expect(analysis.capacity?.iterationsPerSecond, figures).toBeGreaterThan(truth - 2 * stepRate)
    expect(analysis.capacity?.iterationsPerSecond, figures).toBeLessThan(truth * 1.1)
    expect(analysis.brokeFirst?.what, figures).toBe('latency')
    expect(findings.fail[0]).toMatch(/^the capacity is \d+(\.\d)? requests\/s, 100 are promised/)
    // It ended when the answer was known, long before the last step.
    expect(ended).toContain('two steps in a row')
    expect(analysis.steps.length).toBeLessThan(plan.stages.length / 2)
  } finally {
    await server.stop()
  }
})
