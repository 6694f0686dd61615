import { roundUp } from './number-text.ts'

/** Where a value stands in a drawing, from its top. */
export interface ValueScale {
  readonly logarithmic: boolean
  /** The lines across the drawing, with the values that they stand for. */
  readonly ticks: readonly number[]
  /** Which of them are named beside the drawing. */
  readonly labels: readonly number[]
  /** 0 at the top, `height` at the bottom. */
  y(value: number): number
}

/** From 0 to the next round number. */
export function linearScale(highest: number, height: number, parts = 4): ValueScale {
  const top = roundUp(highest)
  return {
    logarithmic: false,
    ticks: Array.from({ length: parts + 1 }, (_, index) => (index / parts) * top),
    labels: [0, top / 2, top],
    y: (value) => height - (value / top) * height,
  }
}

/** Powers of ten: for what is a hundred times as large at one end as at the other. */
export function logarithmicScale(lowest: number, highest: number, height: number): ValueScale {
  const from = Math.floor(Math.log10(Math.max(0.1, lowest)))
  const to = Math.max(from + 1, Math.ceil(Math.log10(highest)))
  const ticks = Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index))
  return {
    logarithmic: true,
    ticks,
    labels: ticks,
    y: (value) => height - ((Math.log10(Math.max(value, 10 ** from)) - from) / (to - from)) * height,
  }
}

/** Durations of more than this many times the usual would press everything usual onto the axis. */
const widest = 40

/** Linear, unless some of the durations are so much longer than the middle one that only those would be seen. */
export function latencyScale(values: readonly number[], highest: number, height: number): ValueScale {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted[Math.floor(sorted.length / 2)] ?? 0
  const lowest = sorted[0] ?? 0
  return lowest > 0 && highest > middle * widest
    ? logarithmicScale(lowest, highest, height)
    : linearScale(highest, height)
}
