import type { LoadPlan } from '../profiles/plan.ts'
import type { Recorder } from '../recorder/recorder.ts'
import type { ServiceLevel } from './analysis.ts'
import type { LoadWatch } from './load-watch.ts'
import { completedSteps, firstOfTwoBroken } from './stress-steps.ts'

/** Answers to the last requests of a step, and the batches in which k6 hands them over, come a little later than its end. */
const graceMs = 2000

/** Ends a stress run as soon as its question is answered: two steps in a row did not hold the service level. */
export class StressWatch implements LoadWatch {
  readonly #plan: LoadPlan
  readonly #recorder: Recorder
  readonly #slo: ServiceLevel

  constructor(plan: LoadPlan, recorder: Recorder, slo: ServiceLevel) {
    this.#plan = plan
    this.#recorder = recorder
    this.#slo = slo
  }

  check({ elapsedMs }: { elapsedMs: number }): string | undefined {
    const steps = completedSteps({ plan: this.#plan, recorder: this.#recorder }, elapsedMs - graceMs, this.#slo)
    const broken = firstOfTwoBroken(steps)
    if (!broken) return undefined
    return `the service level did not hold on two steps in a row, ${broken.phase} and the next`
  }
}
