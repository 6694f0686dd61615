import { createRequire } from 'node:module'
import path from 'node:path'
import { JourneysError } from '@journeys/core/ops'
import type { Plugin } from 'esbuild'
import type { ScenarioSource } from '../../scenarios/scenario-source.ts'

/**
 * The scenarios and k6's adapter as one script that k6 can run, without any import but k6's own. It reads `input.json`
 * (ScriptInput) and `users.json` (SignedInUser[]) beside it.
 * @returns its text
 * @throws JourneysError `bundle_failed` with what esbuild said
 */
export async function bundleScript({ module }: Pick<ScenarioSource, 'module'>): Promise<string> {
  // esbuild is loaded only when it is needed: its start costs every other command 20 ms.
  const { build } = await import('esbuild')
  const root = path.dirname(createRequire(import.meta.url).resolve('@journeys/loadtest/package.json'))
  const scenarios: Plugin = {
    name: 'scenarios',
    setup: ({ onResolve }) => onResolve({ filter: /^journeys:scenarios$/ }, () => ({ path: module })),
  }
  try {
    const { outputFiles } = await build({
      entryPoints: [path.join(root, 'src/engines/k6/script.ts')],
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'neutral',
      target: 'es2020',
      external: ['k6', 'k6/*'],
      plugins: [scenarios],
      logLevel: 'silent',
    })
    return outputFiles?.[0]?.text ?? ''
  } catch (error) {
    throw new JourneysError('bundle_failed', 'the k6 script could not be put together', {
      detail: (error as Error).message,
      cause: error,
    })
  }
}
