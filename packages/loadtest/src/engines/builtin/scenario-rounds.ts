/** The scenarios in the planned mix: an iteration takes its turn when it is begun, whichever user begins it. */
export class ScenarioRounds {
  readonly #round: readonly string[]
  #begun = 0

  constructor(round: readonly string[]) {
    this.#round = round
  }

  next(): string {
    return this.#round[this.#begun++ % this.#round.length] as string
  }
}
