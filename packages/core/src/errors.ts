/** What the process's exit code says. 99 and 130 are those of k6 and of a shell's Ctrl-C. */
export const ExitCode = {
  ok: 0,
  failed: 1,
  usage: 2,
  findings: 3,
  unreachable: 4,
  inconclusive: 5,
  thresholds: 99,
  interrupted: 130,
} as const

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode]

/** One thing wrong with an input: where (`['scores', 'mood']`) and what. */
export interface InputIssue {
  path: readonly (string | number)[]
  message: string
}

export interface JourneysErrorOptions {
  /** What is behind the message: the server's words, a path, a figure. Never a secret. */
  detail?: string | undefined
  /** The next command to type. */
  hint?: string | undefined
  /** @defaultValue `ExitCode.failed` */
  exitCode?: ExitCode | undefined
  /** How long to wait before a retry, in seconds: what a 429's `Retry-After` said. */
  retryAfterSeconds?: number | undefined
  /** Everything that is wrong with an input, for a form to show beside its fields. */
  issues?: readonly InputIssue[] | undefined
  cause?: unknown
}

/**
 * The one error class: raised where the failure is understood, so that it carries its own exit code and hint up to `main`.
 * `code` is stable, lower-case with underscores, for machines (`database_unreachable`).
 */
export class JourneysError extends Error {
  override readonly name = 'JourneysError'
  readonly code: string
  readonly detail: string | undefined
  readonly hint: string | undefined
  readonly exitCode: ExitCode
  readonly retryAfterSeconds: number | undefined
  readonly issues: readonly InputIssue[] | undefined

  constructor(code: string, message: string, options: JourneysErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.detail = options.detail
    this.hint = options.hint
    this.exitCode = options.exitCode ?? ExitCode.failed
    this.retryAfterSeconds = options.retryAfterSeconds
    this.issues = options.issues
  }
}
