import { cpus } from 'node:os'
import { BoundedSeries } from './bounded-series.ts'
import { BusiestStretch } from './busiest-stretch.ts'
import { type ProcessReading, readProcesses } from './process-reading.ts'

/** A process to watch, by the name that the report gives it: `database`, `api`, `gateway`. */
export interface ServerProcess {
  readonly name: string
  readonly pid: number
  /** Its children count as part of it: a connection to Postgres is a process of its own. @defaultValue false */
  readonly withChildren?: boolean | undefined
  /** Cores that it can use at most: 1 for a Node program, whose work is done by one thread. @defaultValue all of the machine */
  readonly limitCores?: number | undefined
}

/** What a process used while it was watched. */
export interface ProcessUsage {
  readonly name: string
  /** Processor cores: mean, and in the busiest 5 seconds. Absent where the system does not tell, or when it was never seen alive. */
  readonly cpuCores?: { readonly mean: number; readonly peak: number }
  /** Cores that it can use at most. */
  readonly limitCores: number
  /** Memory that several of its processes share is counted once. 0 when it was never seen alive. */
  readonly memoryPeakBytes: number
  /** Over time, at most 600 points of equal width; `second`: their begin, since watching began. A gap: it was not alive. */
  readonly memory: readonly { readonly second: number; readonly bytes: number }[]
  /**
   * The same without files and shared memory, where the system tells them apart: what a leak makes grow. Postgres' shared
   * buffers fill up by design.
   */
  readonly ownMemory?: readonly { readonly second: number; readonly bytes: number }[]
  readonly cpu: readonly { readonly second: number; readonly cores: number }[]
}

export interface ProcessWatch {
  /** @returns one for each name, in the order in which they were first listed */
  stop(): Promise<ProcessUsage[]>
}

export type ListProcesses = () => Promise<readonly ServerProcess[]> | readonly ServerProcess[]

/**
 * Watches what processes use, until it is stopped. A process that ends and comes back under its name, with another number, goes on
 * being counted under it.
 *
 * @param list asked before every look; what it throws means that none can be seen then
 */
export function watchProcesses(list: ListProcesses, intervalMs = 1000): ProcessWatch {
  const began = performance.now()
  const watched = new Map<string, WatchedProcess>()
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const look = async () => {
    const listed = await Promise.resolve()
      .then(list)
      .catch(() => [])
    const readings = await readProcesses(
      listed.map(({ pid, withChildren }) => ({ pid, withChildren: withChildren ?? false })),
    )
    const atMs = performance.now() - began
    for (const [index, one] of listed.entries()) {
      let usage = watched.get(one.name)
      if (usage === undefined) {
        usage = new WatchedProcess(one)
        watched.set(one.name, usage)
      }
      usage.see(readings[index], atMs)
    }
  }
  // One look after the other: a slow `ps` must not pile up.
  const next = (): Promise<void> =>
    look().then(() => {
      if (stopped) return
      const sinceMs = performance.now() - began
      timer = setTimeout(
        () => {
          looking = next()
        },
        intervalMs - (sinceMs % intervalMs),
      )
      timer.unref()
    })
  let looking = next()
  return {
    async stop() {
      if (!stopped) {
        stopped = true
        clearTimeout(timer)
        await looking
        await look()
      }
      return [...watched.values()].map((usage) => usage.figures())
    },
  }
}

class WatchedProcess {
  readonly #name: string
  readonly #limitCores: number
  readonly #cpu = new BusiestStretch()
  readonly #cpuSeries = new BoundedSeries(['cores'])
  readonly #memorySeries = new BoundedSeries(['bytes'])
  readonly #ownSeries = new BoundedSeries(['bytes'])
  #memoryPeakBytes = 0
  #last: { reading: ProcessReading; atMs: number } | undefined

  constructor({ name, limitCores }: ServerProcess) {
    this.#name = name
    this.#limitCores = limitCores ?? cpus().length
  }

  see(reading: ProcessReading | undefined, atMs: number): void {
    const last = this.#last
    this.#last = reading === undefined ? undefined : { reading, atMs }
    if (reading === undefined) return
    this.#memoryPeakBytes = Math.max(this.#memoryPeakBytes, reading.memoryBytes)
    this.#memorySeries.add(atMs / 1000, { bytes: reading.memoryBytes })
    if (reading.ownBytes !== undefined) this.#ownSeries.add(atMs / 1000, { bytes: reading.ownBytes })
    if (last === undefined || last.reading.identity !== reading.identity) return
    const seconds = (atMs - last.atMs) / 1000
    // The last look, at the stop, may come right after another: too short for a clock of 10 ms.
    if (seconds < 0.2) {
      this.#last = last
      return
    }
    const used = Math.max(0, reading.cpuSeconds - last.reading.cpuSeconds)
    this.#cpu.add(seconds, used)
    this.#cpuSeries.add(last.atMs / 1000, { cores: used / seconds })
  }

  figures(): ProcessUsage {
    const cpuCores = this.#cpu.figures()
    const ownMemory = this.#ownSeries.points()
    return {
      name: this.#name,
      ...(cpuCores && { cpuCores }),
      limitCores: this.#limitCores,
      memoryPeakBytes: this.#memoryPeakBytes,
      memory: this.#memorySeries.points(),
      ...(ownMemory.length > 0 && { ownMemory }),
      cpu: this.#cpuSeries.points(),
    }
  }
}
