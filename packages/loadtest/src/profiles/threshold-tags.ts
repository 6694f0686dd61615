import { ExitCode, JourneysError, suggestion, type ThresholdRule } from '@journeys/core/ops'
import { type LoadPlan, phaseWindows } from './plan.ts'
import { scenarioCosts } from './scenario-cost.ts'

/** Phases of the profiles of every kind; one configuration serves them all. */
const phaseOfAnyProfile = /^(?:ramp|steady|down|before|surge|during|fall|after|outage|(?:settle|step) [1-9]\d*)$/

/**
 * Judges what only the plan can tell of a threshold's tags: whether there is such a scenario, and such a phase.
 * @returns the rules that this run can say something about. One for a phase of another profile, or for a scenario of the app that
 *   is not in the mix, is left out: the configuration is of all profiles.
 * @throws JourneysError `unknown_tag_value` (exit 2) for a name that exists nowhere
 */
export function checkThresholdTags(rules: readonly ThresholdRule[], plan: LoadPlan): ThresholdRule[] {
  const phases = phaseWindows(plan).map(({ phase }) => phase)
  const scenarios = Object.keys(plan.weights).filter((name) => (plan.weights[name] ?? 0) > 0)
  return rules.filter(({ key, tags }) => {
    const { scenario, phase } = tags
    if (scenario !== undefined && !Object.hasOwn(plan.weights, scenario) && !Object.hasOwn(scenarioCosts, scenario)) {
      throw unknown(key, 'scenario', scenario, scenarios)
    }
    if (phase !== undefined && !phases.includes(phase) && !phaseOfAnyProfile.test(phase)) {
      throw unknown(key, 'phase', phase, phases)
    }
    return (scenario === undefined || scenarios.includes(scenario)) && (phase === undefined || phases.includes(phase))
  })
}

function unknown(key: string, tag: 'scenario' | 'phase', value: string, known: string[]): JourneysError {
  return new JourneysError('unknown_tag_value', `threshold ${key} is on a ${tag} that there is not: "${value}"`, {
    hint: suggestion(value, known),
    exitCode: ExitCode.usage,
  })
}
