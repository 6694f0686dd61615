import { type ExitCode, JourneysError } from '@journeys/core/ops'

/** What the start is doing now. */
export interface StackProgress {
  phase: 'lock' | 'postgres' | 'bootstrap' | 'migrations' | 'seed' | 'postgrest' | 'gateway'
  /** One line for people. */
  message: string
}

/** What a supervisor tells the process that started it. */
export type SupervisorMessage =
  | ({ type: 'progress' } & StackProgress)
  | { type: 'ready' }
  /** Another supervisor holds the lock. */
  | { type: 'busy'; pid: number }
  | { type: 'failed'; error: PlainError }

/** The only thing that a starter says: give up, and leave nothing. */
export type StarterMessage = { type: 'abort' }

/** A JourneysError on its way to another process, or to a file. */
export interface PlainError {
  code: string
  message: string
  detail?: string | undefined
  hint?: string | undefined
  exitCode: ExitCode
}

export function toPlainError(error: unknown): PlainError {
  if (error instanceof JourneysError) {
    const { code, message, detail, hint, exitCode } = error
    return { code, message, detail, hint, exitCode }
  }
  return {
    code: 'start_failed',
    message: 'The local stack did not start.',
    detail: error instanceof Error ? error.message : String(error),
    hint: 'Read .journeys/logs/supervisor.log',
    exitCode: 1,
  }
}

export function fromPlainError({ code, message, detail, hint, exitCode }: PlainError): JourneysError {
  return new JourneysError(code, message, { detail, hint, exitCode })
}
