import { setTimeout as sleep } from 'node:timers/promises'
import { ExitCode, JourneysError } from '@journeys/core/ops'

const pauseMs = 1000

/** Runs `work` again while the server is away: a recovery run kills the database, and what it left must be removed all the same. */
export async function whenReachable<Result>(work: () => Promise<Result>, patienceMs = 30_000): Promise<Result> {
  const end = performance.now() + patienceMs
  for (;;) {
    try {
      return await work()
    } catch (error) {
      const away = error instanceof JourneysError && error.exitCode === ExitCode.unreachable
      if (!away || performance.now() > end) throw error
      await sleep(pauseMs)
    }
  }
}
