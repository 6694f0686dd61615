/** Looks at the live run every half second and may end it early. */
export interface LoadWatch {
  /** @returns why the load ends now, for a person; `undefined` to go on */
  check(now: { elapsedMs: number }): string | undefined
}
