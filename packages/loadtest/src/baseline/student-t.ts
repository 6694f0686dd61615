// Own code, though libraries have this: simple-statistics has no t distribution, @stdlib's brings 233 packages for it,
// and jstat has not been released for years. For whole degrees of freedom it is a finite sum.

/**
 * The chance that a Student t variable is above `t`.
 * Abramowitz & Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4.
 * @param df degrees of freedom, a whole number of 1 or more
 */
export function chanceAbove(t: number, df: number): number {
  const angle = Math.atan(Math.abs(t) / Math.sqrt(df))
  const cos2 = Math.cos(angle) ** 2
  const odd = df % 2 === 1
  let term = odd ? Math.cos(angle) : 1
  let sum = df === 1 ? 0 : term
  for (let k = odd ? 3 : 2; k <= df - 2; k += 2) {
    term *= (cos2 * (k - 1)) / k
    sum += term
  }
  const within = odd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum
  const beyond = Math.max(0, (1 - within) / 2)
  return t >= 0 ? beyond : 1 - beyond
}

/** The `t` above which a Student t variable is with the chance `chance`, to nine decimals. */
export function pointAbove(chance: number, df: number): number {
  if (chance > 0.5) return -pointAbove(1 - chance, df)
  let low = 0
  let high = 1
  while (chanceAbove(high, df) > chance) high *= 2
  while (high - low > 1e-10 * high) {
    const middle = (low + high) / 2
    if (chanceAbove(middle, df) > chance) low = middle
    else high = middle
  }
  return (low + high) / 2
}
