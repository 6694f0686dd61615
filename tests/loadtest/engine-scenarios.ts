import type { Scenario } from '../../packages/loadtest/src/scenarios/visitor.ts'

/** What the engines' tests play; esbuild bundles this file for k6. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  /** One request. */
  visit: async (visitor) => {
    await visitor.request('GET', '/visit', { name: 'GET visit' })
  },
  /** Two requests and the time between them. */
  browse: async (visitor) => {
    await visitor.request('GET', '/first', { name: 'GET first' })
    await visitor.pause()
    await visitor.request('GET', '/second', { name: 'GET second' })
  },
  /** Fails, and the server says why; then ends with an error. */
  fail: async (visitor) => {
    await visitor.request('POST', '/refused', { name: 'POST refused', body: { a: 1 } })
    throw new Error(`row 4b0e0d2c-9a57-4c4e-8f0a-0d1b0c7a9e91 of ${Math.random()} is wrong`)
  },
  /** Has a wrong answer, and never gives up: only an interruption ends it. */
  stubborn: async (visitor) => {
    for (;;) {
      try {
        await visitor.request('GET', '/slow', { name: 'GET slow' })
        await visitor.pause()
      } catch {
        // Goes on.
      }
    }
  },
  write: async (visitor) => {
    const { ok } = await visitor.request('POST', '/write', { name: 'POST write', body: {} })
    if (ok) visitor.wrote('profiles', visitor.user.id, '2026-11-23T12:00:00.5+00:00')
    visitor.check('the row was written', ok)
  },
}
