/** The mean of a rate, and its mean in the busiest stretch of a few seconds: a single second says little. */
export class BusiestStretch {
  readonly #lengthSeconds: number
  /** Of the last stretch, oldest first. */
  readonly #recent: { seconds: number; amount: number }[] = []
  #recentSeconds = 0
  #recentAmount = 0
  #seconds = 0
  #amount = 0
  #peak: number | undefined

  constructor(lengthSeconds = 5) {
    this.#lengthSeconds = lengthSeconds
  }

  add(seconds: number, amount: number): void {
    if (seconds <= 0) return
    this.#seconds += seconds
    this.#amount += amount
    this.#recent.push({ seconds, amount })
    this.#recentSeconds += seconds
    this.#recentAmount += amount
    for (let oldest = this.#recent[0]; oldest; oldest = this.#recent[0]) {
      if (this.#recentSeconds - oldest.seconds < this.#lengthSeconds * 0.95) break
      this.#recent.shift()
      this.#recentSeconds -= oldest.seconds
      this.#recentAmount -= oldest.amount
    }
    if (this.#recentSeconds < this.#lengthSeconds * 0.95) return
    this.#peak = Math.max(this.#peak ?? 0, this.#recentAmount / this.#recentSeconds)
  }

  /** Undefined when nothing was added. Shorter than a stretch: the peak is the mean. */
  figures(): { mean: number; peak: number } | undefined {
    if (this.#seconds === 0) return undefined
    const mean = this.#amount / this.#seconds
    return { mean, peak: this.#peak ?? mean }
  }
}
