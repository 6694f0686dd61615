const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const fine = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })

/** `14 312`: groups parted by a space, which no locale reads as a decimal sign. */
export function formatCount(value: number): string {
  return grouped(whole.format(value))
}

/** Three significant digits below 100 (`0.42`, `9.5`), whole numbers above. */
export function formatNumber(value: number): string {
  return Math.abs(value) >= 100 ? formatCount(value) : grouped(fine.format(value))
}

/** A ratio of 0 to 1 as `99.97 %`, with no more decimals than asked for. */
export function formatPercent(ratio: number, decimals = 2): string {
  const format = new Intl.NumberFormat('en', { maximumFractionDigits: decimals })
  return `${grouped(format.format(ratio * 100))} %`
}

/** `1 entry`, `2 entries`. */
export function formatPlural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`
}

const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB']

export function formatBytes(bytes: number): string {
  let value = Math.abs(bytes)
  let unit = 0
  while (value >= 1024 && unit < byteUnits.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${bytes < 0 ? '−' : ''}${formatNumber(value)} ${byteUnits[unit]}`
}

function grouped(text: string): string {
  return text.replaceAll(',', ' ')
}

/** `+1.2`, `−0.4`, `0`: a change, with a real minus sign. */
export function formatSigned(value: number): string {
  const text = formatNumber(Math.abs(Math.round(value * 10) / 10))
  return text === '0' ? '0' : `${value < 0 ? '−' : '+'}${text}`
}
