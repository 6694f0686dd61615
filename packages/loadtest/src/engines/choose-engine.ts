import { ExitCode, JourneysError } from '@journeys/core/ops'
import { findK6 } from '../k6/find-k6.ts'
import { builtinEngine } from './builtin/builtin-engine.ts'
import type { Engine, K6Options } from './engine.ts'
import { checkK6Options, k6Flag, refuseK6Options } from './k6/check-options.ts'
import { k6Engine } from './k6/k6-engine.ts'

export type EngineChoice = 'auto' | 'k6' | 'builtin'

/**
 * @param k6Options what only k6 can do: with them `auto` means k6, and they are checked before anything is made
 * @throws JourneysError (exit 2) `k6_missing` when k6 is needed and there is none, `needs_k6` when the built-in engine was asked
 *   for what it cannot do, and for options that k6 could not use
 */
export async function chooseEngine(
  choice: EngineChoice,
  processEnv: NodeJS.ProcessEnv,
  k6Options: K6Options = {},
): Promise<Engine> {
  checkK6Options(k6Options)
  if (choice === 'builtin') {
    refuseK6Options(k6Options)
    return builtinEngine
  }
  const k6 = await findK6(processEnv)
  if (k6) return k6Engine(k6)
  const needed = k6Flag(k6Options)
  if (choice === 'auto' && needed === undefined) return builtinEngine
  throw new JourneysError('k6_missing', needed ? `${needed} needs k6, which is not installed` : 'k6 is not installed', {
    hint: 'journeys k6 install, or journeys loadtest --engine builtin',
    exitCode: ExitCode.usage,
  })
}
