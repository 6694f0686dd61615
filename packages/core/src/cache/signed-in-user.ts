/** Who a request is made as: the token that it carries, and whose token that is. */
export interface Identity {
  readonly userId: string
  readonly accessToken: string
}

/** Who is signed in on one client, kept in step with it. */
export interface SignedInUser {
  /** The user's id, null when nobody is signed in, undefined while that is not known: then `resolve` finds out. */
  readonly id: string | null | undefined
  /** Grows whenever the user may have become another. Two equal readings: the same user all the while. */
  readonly epoch: number
  /**
   * Asks the client who is signed in.
   *
   * @throws JourneysError `unreachable` when an expired session could not be renewed; `closed`.
   */
  resolve(): Promise<Identity | null>
  /**
   * As `resolve`, for what needs somebody to be signed in.
   *
   * @throws JourneysError `not_signed_in`.
   */
  require(): Promise<Identity>
  /** Calls the listener with the id of the former user (null: nobody was signed in) as soon as that may have changed. */
  onChange(listener: (former: string | null) => void): void
  /** Stops listening to the client: from now on nobody is known to be signed in. */
  close(): void
}
