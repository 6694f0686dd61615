/** Something that is broken on purpose in the middle of a recovery run. */
export interface Fault {
  /** For the report: `kill -9 of the postmaster`. Never holds a secret. */
  readonly description: string
  /** What was typed for it, if anything was. */
  readonly command?: string
  /**
   * Breaks it. Called once, at `plan.faultAtMs`.
   * @param signal the run was stopped: give up
   * @throws JourneysError when it could not be broken: the run has no result then
   */
  inject(signal: AbortSignal): Promise<void>
}
