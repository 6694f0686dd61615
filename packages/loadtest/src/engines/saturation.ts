import type { GeneratorLoad } from '../result.ts'

/** An event loop this late, and iterations begun this late, add that much to what is measured. */
const lateMs = 50
/** Of what it can use: beyond it work waits for the processor, and its waiting is measured as the server's. */
const fullShare = 0.95

/** @returns in words why the built-in engine measured itself; undefined when it did not */
export function builtinSaturation(load: GeneratorLoad): string | undefined {
  const { cpuCores, eventLoopLagMs = 0 } = load
  if (eventLoopLagMs > lateMs) {
    return `the generator itself was busy: 1 in 100 of its turns came ${Math.round(eventLoopLagMs)} ms late`
  }
  if (cpuCores && cpuCores.peak > fullShare) {
    return `the generator used ${cpuCores.peak.toFixed(2)} cores in its busiest 5 seconds, and its work is done by one`
  }
  return lateStarts(load)
}

/** @returns in words why k6 measured itself; undefined when it did not */
export function k6Saturation(load: GeneratorLoad): string | undefined {
  const { cpuCores, cores } = load
  if (cpuCores && cpuCores.peak > fullShare * cores) {
    return `the generator used ${cpuCores.peak.toFixed(2)} of the ${cores} cores of this machine in its busiest 5 seconds`
  }
  return lateStarts(load)
}

function lateStarts({ startLagMs = 0 }: GeneratorLoad): string | undefined {
  if (startLagMs <= lateMs) return undefined
  return `the generator could not keep the plan: 1 in 100 iterations was begun ${Math.round(startLagMs)} ms late`
}
