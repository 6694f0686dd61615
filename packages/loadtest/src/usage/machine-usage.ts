import { cpus } from 'node:os'
import { BoundedSeries } from './bounded-series.ts'
import { BusiestStretch } from './busiest-stretch.ts'

/** How busy the whole machine was, with everything that runs on it. */
export interface MachineUsage {
  readonly cores: number
  /** Cores in use: mean, and in the busiest 5 seconds. */
  readonly cpuCores: { readonly mean: number; readonly peak: number }
  /** Over time, at most 600 points of equal width. */
  readonly cpu: readonly { readonly second: number; readonly cores: number }[]
}

/** Watches the machine's processors until it is stopped. */
export function watchMachine(intervalMs = 1000): { stop(): MachineUsage } {
  const began = performance.now()
  const stretch = new BusiestStretch()
  const series = new BoundedSeries(['cores'])
  let last = { atMs: began, ...processorTime() }
  const look = () => {
    const now = { atMs: performance.now(), ...processorTime() }
    const seconds = (now.atMs - last.atMs) / 1000
    const time = now.total - last.total
    if (seconds < 0.2 || time <= 0) return
    const cores = ((now.busy - last.busy) / time) * cpus().length
    stretch.add(seconds, cores * seconds)
    series.add((last.atMs - began) / 1000, { cores })
    last = now
  }
  const timer = setInterval(look, intervalMs)
  timer.unref()
  return {
    stop() {
      clearInterval(timer)
      look()
      return { cores: cpus().length, cpuCores: stretch.figures() ?? { mean: 0, peak: 0 }, cpu: series.points() }
    },
  }
}

function processorTime(): { busy: number; total: number } {
  let busy = 0
  let total = 0
  for (const { times } of cpus()) {
    busy += times.user + times.nice + times.sys + times.irq
    total += times.user + times.nice + times.sys + times.irq + times.idle
  }
  return { busy, total }
}
