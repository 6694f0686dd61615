import { ExitCode, JourneysError } from '@journeys/core/ops'
import { findK6 } from '../k6/find-k6.ts'
import { builtinEngine } from './builtin/builtin-engine.ts'
import type { Engine } from './engine.ts'
import { k6Engine } from './k6/k6-engine.ts'

export type EngineChoice = 'auto' | 'k6' | 'builtin'

/** @throws JourneysError `k6_missing` (exit 2) when k6 was asked for and there is none */
export async function chooseEngine(choice: EngineChoice, processEnv: NodeJS.ProcessEnv): Promise<Engine> {
  if (choice === 'builtin') return builtinEngine
  const k6 = await findK6(processEnv)
  if (k6) return k6Engine(k6)
  if (choice === 'auto') return builtinEngine
  throw new JourneysError('k6_missing', 'k6 is not installed', {
    hint: 'journeys k6 install, or journeys loadtest --engine builtin',
    exitCode: ExitCode.usage,
  })
}
