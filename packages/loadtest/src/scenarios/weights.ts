/** Chances beyond this are a mistake in the configuration, and the plan of one round would not fit in memory. */
const longestRound = 100_000

/**
 * One round of smooth weighted round robin (as nginx does it): every name as often as its weight says, spread evenly.
 * The scenario of the test's n-th iteration is `round[n % round.length]`, so the mix is exact whatever engine counts n.
 * @param weights any non-negative numbers; only their ratio matters
 * @returns the names in order; its length is the sum of the weights in lowest terms
 * @throws RangeError when there is nothing to choose from or the ratio needs a round of more than 100,000
 */
export function weightedRound<Name extends string>(weights: Readonly<Record<Name, number>>): Name[] {
  const entries = (Object.entries(weights) as [Name, number][]).filter(([, weight]) => weight !== 0)
  if (entries.some(([, weight]) => !Number.isFinite(weight) || weight < 0)) {
    throw new RangeError('a scenario weight is not a number of 0 or more')
  }
  if (entries.length === 0) throw new RangeError('no scenario has a weight above 0')
  const shares = lowestTerms(entries.map(([, weight]) => weight))
  const length = shares.reduce((sum, share) => sum + share, 0)
  if (length > longestRound) throw new RangeError('the scenario weights have too many digits to be met exactly')

  const turns = entries.map(([name], index) => ({ name, share: shares[index] as number, credit: 0 }))
  const round: Name[] = []
  for (let position = 0; position < length; position++) {
    let next = turns[0] as (typeof turns)[number]
    for (const turn of turns) {
      turn.credit += turn.share
      if (turn.credit > next.credit) next = turn
    }
    next.credit -= length
    round.push(next.name)
  }
  return round
}

function lowestTerms(weights: number[]): number[] {
  const decimals = Math.max(...weights.map((weight) => decimalPlaces(weight)))
  const whole = weights.map((weight) => Math.round(weight * 10 ** decimals))
  const divisor = whole.reduce(greatestCommonDivisor)
  return whole.map((weight) => weight / divisor)
}

function decimalPlaces(value: number): number {
  for (let places = 0; places < 6; places++) {
    if (Number.isInteger(Number((value * 10 ** places).toPrecision(12)))) return places
  }
  return 6
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
