import type { MainOptions } from './main.ts'

export interface ClosedPipe {
  /** Aborted by Ctrl-C, and when nobody reads stdout any more. */
  signal: AbortSignal
}

/** The reason of an abort that came from `journeys health --watch | head -1`: nobody is left to be told. */
export class PipeClosed extends Error {
  override readonly name = 'PipeClosed'
}

/** EIO is the same of a terminal that was closed. */
const gone = new Set(['EPIPE', 'EIO'])

/**
 * Hears the EPIPE of a reader that went away, which would otherwise end the process with a stack. The work that goes on is
 * asked to stop; what is already done keeps its exit code. Stays for the life of the stream: EPIPE may come after the last write.
 */
export function listenForClosedPipe(options: Pick<MainOptions, 'stdout' | 'stderr' | 'signal'>): ClosedPipe {
  const closed = new AbortController()
  options.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (!gone.has(error.code ?? '')) throw error
    closed.abort(new PipeClosed('stdout was closed'))
  })
  options.stderr.on('error', (error: NodeJS.ErrnoException) => {
    if (!gone.has(error.code ?? '')) throw error
  })
  const signals = options.signal === undefined ? [closed.signal] : [options.signal, closed.signal]
  return { signal: AbortSignal.any(signals) }
}
