import { formatNumber } from './number.ts'

/** Milliseconds as a person says them: `0.4 ms`, `312 ms`, `2.4 s`, `1 min 5 s`, `3 h 20 min`. */
export function formatDuration(ms: number): string {
  if (ms < 1) return `${formatNumber(Math.round(ms * 100) / 100)} ms`
  if (ms < 10) return `${Math.round(ms * 10) / 10} ms`
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 9_950) return `${Math.round(ms / 100) / 10} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return pair(Math.floor(seconds / 60), 'min', seconds % 60, 's')
  return pair(Math.floor(seconds / 3600), 'h', Math.floor((seconds % 3600) / 60), 'min')
}

/** `0:41`, `12:05`: a clock for work under way. */
export function formatClock(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

/** `14:02:11`, in the timezone of the person who reads it. */
export function formatTimeOfDay(date: Date): string {
  return date.toTimeString().slice(0, 8)
}

function pair(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`
}
