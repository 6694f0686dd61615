import { fileURLToPath } from 'node:url'
import { build, type Metafile } from 'esbuild'

const root = fileURLToPath(new URL('../../', import.meta.url))

/**
 * A module and all that it imports, as one that a browser runs. esbuild knows no Node built-ins for this platform and fails on
 * them; what it left outside is checked besides.
 *
 * @throws Error that names every import which a browser has not.
 */
export async function bundleForBrowser(contents: string): Promise<{ code: string; metafile: Metafile }> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: root, sourcefile: 'entry.ts', loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['source'],
    metafile: true,
    logLevel: 'silent',
  })
  const outside = Object.values(metafile.outputs).flatMap(({ imports }) => imports.filter(({ external }) => external))
  if (outside.length > 0) throw new Error(`not in a browser: ${outside.map(({ path }) => path).join(', ')}`)
  return { code: outputFiles[0]?.text ?? '', metafile }
}
