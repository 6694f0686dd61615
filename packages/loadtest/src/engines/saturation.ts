import type { GeneratorLoad } from '../result.ts'

/** An event loop this late, and iterations begun this late, add that much to what is measured. */
const lateMs = 50
/** Of what it can use: beyond it work waits for the processor, and its waiting is measured as the server's. */
const fullShare = 0.95
/** Below this share a generator that was late was not short of its own making: somebody else had the processor. */
const idleShare = 0.7

/** @returns in words why the built-in engine measured itself; undefined when it did not */
export function builtinSaturation(load: GeneratorLoad): string | undefined {
  const { cpuCores, eventLoopLagMs = 0 } = load
  if (cpuCores && cpuCores.peak > fullShare) {
    return `the generator used ${cpuCores.peak.toFixed(2)} cores in its busiest 5 seconds, and its work is done by one`
  }
  if (eventLoopLagMs > lateMs) {
    return `1 in 100 turns of the generator came ${Math.round(eventLoopLagMs)} ms late${elsewhere(load, 1)}`
  }
  return lateStarts(load, 1)
}

/** @returns in words why k6 measured itself; undefined when it did not */
export function k6Saturation(load: GeneratorLoad): string | undefined {
  const { cpuCores, cores } = load
  if (cpuCores && cpuCores.peak > fullShare * cores) {
    return `the generator used ${cpuCores.peak.toFixed(2)} of the ${cores} cores of this machine in its busiest 5 seconds`
  }
  return lateStarts(load, cores)
}

function lateStarts(load: GeneratorLoad, usable: number): string | undefined {
  const { startLagMs = 0 } = load
  if (startLagMs <= lateMs) return undefined
  return `1 in 100 iterations was begun ${Math.round(startLagMs)} ms after the plan${elsewhere(load, usable)}`
}

/** A local server that is at its limit takes the generator's processor too. */
function elsewhere({ cpuCores }: GeneratorLoad, usable: number): string {
  if (!cpuCores || cpuCores.peak > idleShare * usable) return ''
  return `, though it used only ${cpuCores.peak.toFixed(2)} cores itself: look for what else runs on this machine`
}
