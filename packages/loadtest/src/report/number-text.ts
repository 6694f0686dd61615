/** `14 312`: thousands apart by a narrow space that does not break. */
export function count(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, '\u202f')
}

/** Per second: one decimal while it is small. */
export function rate(value: number): string {
  return value >= 100 ? count(value) : value.toFixed(1)
}

/** A share of 1 as `40.0 %`. */
export function percent(share: number, decimals = 1): string {
  return `${(share * 100).toFixed(decimals)}\u202f%`
}

/** The next number at or above whose half is round too, for the top of an axis. */
export function roundUp(value: number): number {
  if (!(value > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  const step = [1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10].find((factor) => factor * power >= value * 0.999_999) ?? 10
  return Number((step * power).toPrecision(6))
}
