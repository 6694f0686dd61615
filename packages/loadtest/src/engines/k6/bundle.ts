import { createRequire } from 'node:module'
import path from 'node:path'
import { JourneysError } from '@journeys/core/ops'

/**
 * The scenarios and k6's adapter as one script that k6 can run, without any import but k6's own.
 * @returns its text
 */
export async function bundleScript(): Promise<string> {
  // esbuild is loaded only when it is needed: its start costs every other command 20 ms.
  const { build } = await import('esbuild')
  const root = path.dirname(createRequire(import.meta.url).resolve('@journeys/loadtest/package.json'))
  try {
    const { outputFiles } = await build({
      entryPoints: [path.join(root, 'src/engines/k6/script.ts')],
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'neutral',
      target: 'es2020',
      external: ['k6', 'k6/*'],
      logLevel: 'silent',
    })
    return outputFiles[0]?.text ?? ''
  } catch (error) {
    throw new JourneysError('bundle_failed', 'the k6 script could not be put together', {
      detail: (error as Error).message,
      cause: error,
    })
  }
}
