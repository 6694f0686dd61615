import type { Session, SupabaseClient } from '@supabase/supabase-js'
import type { Identity, SignedInUser } from '../cache/signed-in-user.ts'
import { JourneysError } from '../errors.ts'
import { userOfToken } from './access-token.ts'
import { notSignedIn, sessionError } from './request-error.ts'

/**
 * The user of a client's own session.
 *
 * An event of the client only says that something changed; who it is now is read from the client. Events of overlapping sign-ins
 * can arrive in another order than their sessions were stored, and the session stored last is the one that requests carry.
 */
export class SessionUser implements SignedInUser {
  readonly #auth: SupabaseClient['auth']
  readonly #listeners: ((former: string | null) => void)[] = []
  readonly #unsubscribe: () => void
  #id: string | null | undefined
  #epoch = 0
  #open = true

  constructor(auth: SupabaseClient['auth']) {
    this.#auth = auth
    const { data } = auth.onAuthStateChange((event, session) => {
      // INITIAL_SESSION may be older than an event that came before it, and is null when the session could not be renewed.
      if (event !== 'INITIAL_SESSION' && idOf(session) !== this.#id) this.#become(undefined)
    })
    this.#unsubscribe = () => data.subscription.unsubscribe()
  }

  get id(): string | null | undefined {
    return this.#id
  }

  get epoch(): number {
    return this.#epoch
  }

  async resolve(): Promise<Identity | null> {
    for (;;) {
      if (!this.#open) throw closed()
      const epoch = this.#epoch
      const { data, error } = await this.#auth.getSession()
      if (epoch !== this.#epoch) continue
      if (error !== null) throw sessionError(error)
      const id = idOf(data.session)
      if (id !== this.#id) this.#become(id)
      return id === null || data.session === null ? null : { userId: id, accessToken: data.session.access_token }
    }
  }

  async require(): Promise<Identity> {
    const identity = await this.resolve()
    if (identity === null) throw notSignedIn()
    return identity
  }

  onChange(listener: (former: string | null) => void): void {
    this.#listeners.push(listener)
  }

  close(): void {
    this.#open = false
    this.#unsubscribe()
    this.#become(undefined)
  }

  #become(id: string | null | undefined): void {
    const former = this.#id
    this.#id = id
    // From "not known" to known is no change: whoever asked in between was told to wait.
    if (former === undefined && id !== undefined) return
    this.#epoch += 1
    if (former === undefined) return
    for (const listener of this.#listeners) listener(former)
  }
}

/** The user of one token: an Edge Function acts for whoever called it, and there is no session to follow. */
export class TokenUser implements SignedInUser {
  readonly epoch = 0
  readonly #identity: Identity
  readonly #listeners: ((former: string | null) => void)[] = []
  #open = true

  /** @throws JourneysError `invalid_input` when the token is not a user's. */
  constructor(accessToken: string) {
    const userId = userOfToken(accessToken)
    if (userId === undefined) {
      throw new JourneysError('invalid_input', 'The access token is not that of a signed-in user', {
        hint: "Pass the caller's own token: the Authorization header of the request, without `Bearer`.",
      })
    }
    this.#identity = { userId, accessToken }
  }

  get id(): string {
    return this.#identity.userId
  }

  async resolve(): Promise<Identity> {
    if (!this.#open) throw closed()
    return this.#identity
  }

  require(): Promise<Identity> {
    return this.resolve()
  }

  onChange(listener: (former: string | null) => void): void {
    this.#listeners.push(listener)
  }

  close(): void {
    this.#open = false
    for (const listener of this.#listeners) listener(this.id)
  }
}

function closed(): JourneysError {
  return new JourneysError('closed', 'This Journeys was closed', { hint: 'Make a new one with createJourneys(...).' })
}

function idOf(session: Session | null): string | null {
  return session === null ? null : (userOfToken(session.access_token) ?? null)
}
