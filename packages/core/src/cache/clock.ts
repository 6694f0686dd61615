/** Where the time comes from, so that a test can set it. `Date` is one. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
}
