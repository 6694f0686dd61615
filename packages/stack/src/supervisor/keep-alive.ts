import { setTimeout as sleep } from 'node:timers/promises'

/** A server process that runs. */
export interface Instance {
  pid: number
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  stop(): Promise<void>
}

export interface KeepAliveOptions<T extends Instance> {
  name: string
  /** Brings up a new one in the place of the one that died. */
  restart(): Promise<T>
  log(line: string): void
  onRestarted?(instance: T): Promise<void>
  /** It died too often in a short time, or cannot be brought up. */
  onGiveUp(reason: string): void
  /** @defaultValue 100 */
  firstPauseMs?: number
}

export interface KeptAlive {
  /** Ends it for good. */
  stop(): Promise<void>
}

/** More deaths than this within the window is a crash loop: something that another restart will not mend. */
const MOST_DEATHS = 5
const WINDOW_MS = 60_000
const LONGEST_PAUSE_MS = 5000

/** Brings a server back each time it dies, at once the first time and then with growing pauses. */
export function keepAlive<T extends Instance>(first: T, options: KeepAliveOptions<T>): KeptAlive {
  const stopping = new AbortController()
  let current: T | undefined = first
  const watching = watch()

  async function watch(): Promise<void> {
    let deaths: number[] = []
    while (current !== undefined) {
      const { code, signal } = await current.exited
      if (stopping.signal.aborted) return
      options.log(`${options.name} (pid ${current.pid}) ended: ${signal ?? `exit code ${code}`}`)
      current = undefined
      while (current === undefined) {
        deaths = [...deaths.filter((at) => at > Date.now() - WINDOW_MS), Date.now()]
        if (deaths.length > MOST_DEATHS) {
          return options.onGiveUp(`${options.name} ended ${deaths.length} times within ${WINDOW_MS / 1000} s`)
        }
        const pause = (options.firstPauseMs ?? 100) * (2 ** (deaths.length - 1) - 1)
        await sleep(Math.min(pause, LONGEST_PAUSE_MS), undefined, { signal: stopping.signal }).catch(() => undefined)
        if (stopping.signal.aborted) return
        current = await options.restart().catch((error: unknown) => {
          options.log(`${options.name} could not be restarted: ${error instanceof Error ? error.message : error}`)
          return undefined
        })
      }
      if (stopping.signal.aborted) return
      options.log(`${options.name} is back (pid ${current.pid})`)
      await options.onRestarted?.(current).catch((error: unknown) => options.log(String(error)))
    }
  }

  return {
    async stop() {
      stopping.abort()
      await current?.stop()
      // A restart that was under way when we were told to stop still hands over a process.
      await watching
      await current?.stop()
    },
  }
}
