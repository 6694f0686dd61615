import os from 'node:os'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import type { GeneratorLoad } from '../../result.ts'
import { BusiestStretch } from '../../usage/busiest-stretch.ts'
import { builtinSaturation } from '../saturation.ts'

const intervalMs = 1000
const loopResolutionMs = 10

/** How hard this process works while it makes the load. */
export class OwnUsage {
  readonly #loop = monitorEventLoopDelay({ resolution: loopResolutionMs })
  #readAt = performance.now()
  #read = process.cpuUsage()
  readonly #timer: NodeJS.Timeout
  readonly #cpu = new BusiestStretch()
  #memoryPeakBytes = 0

  constructor() {
    this.#loop.enable()
    this.#memoryPeakBytes = process.memoryUsage.rss()
    this.#timer = setInterval(() => this.#look(), intervalMs)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#loop.disable()
    this.#look()
  }

  /** What it was until it was stopped. @param startLagMs open model: 99th percentile, where it is known */
  load(startLagMs?: number): GeneratorLoad {
    const cpuCores = this.#cpu.figures()
    const load: GeneratorLoad = {
      ...(cpuCores && { cpuCores }),
      cores: os.availableParallelism(),
      memoryPeakBytes: this.#memoryPeakBytes,
      // The monitor's own timer is part of what it measures.
      eventLoopLagMs: Math.max(0, this.#loop.percentile(99) / 1e6 - loopResolutionMs),
      ...(startLagMs === undefined ? {} : { startLagMs }),
    }
    const saturated = builtinSaturation(load)
    return { ...load, ...(saturated === undefined ? {} : { saturated }) }
  }

  #look(): void {
    const now = performance.now()
    const { user, system } = process.cpuUsage(this.#read)
    this.#cpu.add((now - this.#readAt) / 1000, (user + system) / 1e6)
    this.#readAt = now
    this.#read = process.cpuUsage()
    this.#memoryPeakBytes = Math.max(this.#memoryPeakBytes, process.memoryUsage.rss())
  }
}
