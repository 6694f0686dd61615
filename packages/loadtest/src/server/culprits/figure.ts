/** Figures as the culprits' sentences write them. */

const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const tenths = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 })

/** `12`, `12,000`; under ten with a decimal: `1.6`. */
export function figure(value: number): string {
  return Math.abs(value) < 10 ? tenths.format(value) : whole.format(value)
}

/** @param share 0 to 1 */
export function percent(share: number): string {
  return `${whole.format(share * 100)} %`
}

/** `1 session`, `1.6 sessions` */
export function counted(value: number, noun: string): string {
  const text = figure(value)
  return `${text} ${noun}${text === '1' ? '' : 's'}`
}

export function megabytes(bytes: number): string {
  return `${figure(bytes / 1_000_000)} MB`
}
