import { readFileSync } from 'node:fs'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [
    {
      // The same meaning that scripts/build.mjs gives these endings.
      name: 'text-files',
      enforce: 'pre',
      load(id: string) {
        if (/\.(sql|html)$/.test(id)) return `export default ${JSON.stringify(readFileSync(id, 'utf8'))}`
        return undefined
      },
    },
  ],
  define: { __JOURNEYS_VERSION__: JSON.stringify('0.1.0') },
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  // The global setup runs in an environment of its own.
  environments: { __vitest__: { resolve: { conditions: ['source'] } } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'tests/**/*.test.ts'],
    globalSetup: ['tests/support/cluster.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
})
