import type { RequestSamples } from '../result.ts'

const most = 2_000

/**
 * An even draw of at most 2,000 out of any number of answers, in bounded memory.
 * Algorithm R: J. S. Vitter, "Random Sampling with a Reservoir", ACM TOMS 11(1), 1985.
 */
export class Reservoir {
  readonly #drawn: { at: number; ms: number }[] = []
  #of = 0

  add(at: number, ms: number): void {
    this.#of++
    if (this.#drawn.length < most) {
      this.#drawn.push({ at, ms })
      return
    }
    const place = Math.floor(Math.random() * this.#of)
    if (place < most) this.#drawn[place] = { at, ms }
  }

  samples(): RequestSamples {
    const ordered = [...this.#drawn].sort((a, b) => a.at - b.at)
    return {
      of: this.#of,
      at: ordered.map(({ at }) => Math.round(at)),
      ms: ordered.map(({ ms }) => Math.round(ms * 100) / 100),
    }
  }
}
