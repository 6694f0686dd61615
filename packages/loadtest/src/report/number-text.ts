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

/** A share of 1 as people say it: `0 %`, `0.04 %`, `12.5 %`; something that is there is never shown as 0. */
export function smallShare(share: number): string {
  if (share === 0) return '0\u202f%'
  const value = share * 100
  return `${value >= 10 ? value.toFixed(1) : Number(value.toPrecision(2))}\u202f%`
}

/** `+12.3 %`, `−4.0 %`: of a value that is in percent already. */
export function signedPercent(value: number): string {
  return `${sign(value)}${Math.abs(value).toFixed(Math.abs(value) >= 100 ? 0 : 1)}\u202f%`
}

const units = ['B', 'kB', 'MB', 'GB', 'TB']

/** `412 B`, `1.4 MB`: powers of 1,000, as disks are sold. */
export function bytes(value: number): string {
  let amount = Math.abs(value)
  let unit = 0
  while (amount >= 999.5 && unit < units.length - 1) {
    amount /= 1000
    unit++
  }
  const text = unit === 0 || amount >= 100 ? amount.toFixed(0) : amount.toPrecision(amount >= 10 ? 3 : 2)
  return `${value < 0 ? '−' : ''}${text}\u202f${units[unit]}`
}

/** `+1.4 MB` */
export function signedBytes(value: number): string {
  return value > 0 ? `+${bytes(value)}` : bytes(value)
}

/** `0.8 s`, `12 s`, `3 min 20 s` */
export function seconds(value: number): string {
  if (value < 10) return `${Number(value.toFixed(1))}\u202fs`
  const whole = Math.round(value)
  if (whole < 120) return `${whole}\u202fs`
  const rest = whole % 60
  return `${Math.floor(whole / 60)}\u202fmin${rest === 0 ? '' : ` ${rest}\u202fs`}`
}

/** `0.42 cores` */
export function cores(value: number): string {
  return `${value.toFixed(value >= 10 ? 1 : 2)} ${value.toFixed(2) === '1.00' ? 'core' : 'cores'}`
}

/** `1 write`, `2 writes`: the plural is the singular with an s. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`
}

/** The next number at or above whose half is round too, for the top of an axis. */
export function roundUp(value: number): number {
  if (!(value > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  const step = [1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10].find((factor) => factor * power >= value * 0.999_999) ?? 10
  return Number((step * power).toPrecision(6))
}

/** `23 Nov 2026, 14:02 UTC` */
export function dateText(iso: string): string {
  const day = new Date(iso).toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    timeZone: 'UTC',
  })
  return `${day}, ${iso.slice(11, 16)} UTC`
}

/** For an axis: `0`, `2.5 ms`, `200 ms`, `1.5 s`. */
export function axisTime(ms: number): string {
  if (ms === 0) return '0'
  return ms >= 1000 ? `${Number((ms / 1000).toPrecision(3))} s` : `${Number(ms.toPrecision(3))} ms`
}

/** For an axis: `0`, `0.5`, `1 200`. */
export function axisNumber(value: number): string {
  return Number.isInteger(value) ? count(value) : String(Number(value.toPrecision(2)))
}

function sign(value: number): string {
  return value > 0 ? '+' : value < 0 ? '−' : ''
}
