import type { Html } from '@journeys/core/ops'
import type { LoadTestResult } from '../result.ts'
import { recoveryPart } from './recovery-part.ts'
import { soakPart } from './soak-part.ts'
import { spikePart } from './spike-part.ts'
import { stressPart } from './stress-part.ts'

/** What the profile was run for. */
export function analysisPart(result: LoadTestResult): Html | false {
  const { analysis } = result
  switch (analysis?.kind) {
    case 'spike':
      return spikePart(analysis, result)
    case 'stress':
      return stressPart(analysis)
    case 'recovery':
      return recoveryPart(analysis, result)
    case 'soak':
      return soakPart(analysis, result)
    case undefined:
      return false
  }
}
