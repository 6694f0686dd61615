import type { RequestSamples } from '../result.ts'

const most = 2_000

/**
 * An even draw out of the draws of several generators: each has a part in it as large as the number of answers it had, not as
 * the number it kept.
 * @param random 0 to 1. @defaultValue Math.random
 */
export function mergeSamples(all: readonly RequestSamples[], random: () => number = Math.random): RequestSamples {
  const of = all.reduce((sum, samples) => sum + samples.of, 0)
  const [only] = all
  if (all.length === 1 && only) return only
  // As many as the scarcest draw allows when every answer shall have had the same chance.
  const size = Math.floor(
    Math.min(most, ...all.filter((one) => one.of > 0).map((one) => (one.ms.length * of) / one.of)),
  )
  const drawn = all.flatMap((samples) => {
    const wanted = Math.min(samples.ms.length, Math.round((size * samples.of) / Math.max(1, of)))
    return draw(samples.ms.length, wanted, random).map((index) => ({
      at: samples.at[index] as number,
      ms: samples.ms[index] as number,
    }))
  })
  drawn.sort((a, b) => a.at - b.at)
  return { of, at: drawn.map(({ at }) => at), ms: drawn.map(({ ms }) => ms) }
}

/** `wanted` different numbers under `length`, each as likely as the others. */
function draw(length: number, wanted: number, random: () => number): number[] {
  const all = Array.from({ length }, (_, index) => index)
  for (let index = 0; index < wanted; index++) {
    const other = index + Math.floor(random() * (length - index))
    ;[all[index], all[other]] = [all[other] as number, all[index] as number]
  }
  return all.slice(0, wanted)
}
