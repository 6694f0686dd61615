import { JourneysError } from '@journeys/core/ops'
import type { Fault } from './fault.ts'

/**
 * Kills the local database as a power cut would: the postmaster gets no chance to write anything, and its children end as soon
 * as they see that it is gone.
 * @param pid of the postmaster that runs at that moment, asked for right before the kill
 */
export function postmasterFault(pid: () => Promise<number>): Fault {
  return {
    description: 'kill -9 of the postmaster',
    async inject(signal) {
      const target = await pid()
      signal.throwIfAborted()
      // 0 and negative numbers would reach whole groups of processes.
      if (!Number.isInteger(target) || target <= 1) throw notKilled(`${target} is not the number of a process`)
      try {
        process.kill(target, 'SIGKILL')
      } catch (error) {
        throw notKilled(error instanceof Error ? error.message : String(error))
      }
    },
  }
}

function notKilled(detail: string): JourneysError {
  return new JourneysError('fault_not_injected', 'The database could not be killed', {
    detail,
    hint: 'journeys status says whether the local stack runs',
  })
}
