/** A p-value, and its part of the false alarms that may happen. */
export interface Weighted {
  readonly p: number
  /** Above 0; relative to the others. */
  readonly weight: number
}

/**
 * Corrects p-values for their number: those that stay under a level are together wrong at most that often, however they
 * depend on one another. S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
 * Statistics 6, 1979, with weights (section 4 there).
 * @returns in the order given
 */
export function holm(values: readonly Weighted[]): number[] {
  const order = values
    .map(({ p, weight }, index) => ({ p, weight, index }))
    .sort((a, b) => a.p / a.weight - b.p / b.weight)
  let left = order.reduce((sum, { weight }) => sum + weight, 0)
  let highest = 0
  const corrected: number[] = new Array(values.length).fill(1)
  for (const { p, weight, index } of order) {
    highest = Math.max(highest, Math.min(1, (p * left) / weight))
    corrected[index] = highest
    left -= weight
  }
  return corrected
}
