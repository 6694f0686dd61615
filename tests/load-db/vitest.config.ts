import { defineConfig } from 'vitest/config'
import base from '../../vitest.config.ts'

// npm run test:load-db: its figures need the machine for themselves, so it is not part of `npm test`.
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    include: ['tests/load-db/**/*.load.ts'],
    // A Postgres of its own, with the settings of the local stack: that of the other tests never waits for its disk.
    globalSetup: [],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 1,
  },
})
