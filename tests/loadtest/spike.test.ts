import { expect, test } from 'vitest'
import { playProfile } from './engine-run.ts'
import { startQueueServer } from './queue-server.ts'

test('a server that a surge overloads is back within seconds, and each phase is told apart', async () => {
  // 90 answers a second: 4 users ask for some 20, 60 for far more than there are.
  const server = await startQueueServer({ atOnce: 2, serviceMs: 21 })
  try {
    const { analysis, findings } = await playProfile(server.url, {
      kind: 'spike',
      users: 4,
      factor: 15,
      rampUpSeconds: 1,
      beforeSeconds: 3,
      surgeSeconds: 1,
      duringSeconds: 4,
      fallSeconds: 1,
      afterSeconds: 8,
      rampDownSeconds: 1,
    })
    if (analysis?.kind !== 'spike') throw new Error('no spike analysis')
    const figures = JSON.stringify(analysis, null, 1)
    const [before, during, after] = analysis.phases
    expect([before?.phase, during?.phase, after?.phase]).toEqual(['before', 'during', 'after'])
    expect(during?.withinSlo, figures).toBe(false)
    expect(before?.p95Ms, figures).toBeLessThan(during?.p95Ms ?? 0)
    expect(after?.p95Ms, figures).toBeLessThan(during?.p95Ms ?? 0)
    expect(analysis.secondsToSlo, figures).toBeLessThanOrEqual(3)
    expect(findings.fail).toEqual([])
  } finally {
    await server.stop()
  }
})
