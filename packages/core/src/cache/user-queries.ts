import { JourneysError } from '../errors.ts'
import type { Compartment, ReadOptions } from './compartment.ts'
import type { QueryCache } from './query-cache.ts'
import type { Identity, SignedInUser } from './signed-in-user.ts'

/** The compartment of queries made while nobody is signed in. Never a user's id: those are UUIDs. */
const nobody = 'anonymous'

/** How often a query begins anew when the user changes under it before it is given up. */
const attempts = 5

/**
 * The cache as one client sees it: every key belongs to whoever is signed in now, composed here and nowhere else.
 *
 * A query's rows are those of the token that its request carried, and the token can change while it runs. So who is signed in is
 * asked before and after, and an answer that began under one user and ended under another is given to nobody.
 */
export class UserQueries {
  readonly #cache: QueryCache
  readonly #user: SignedInUser
  /** That of the user who is signed in; undefined while that is not known. Saves a hit from looking it up. */
  #own: Compartment | undefined

  constructor(cache: QueryCache, user: SignedInUser) {
    this.#cache = cache
    this.#user = user
    user.onChange((former) => {
      this.#own = undefined
      cache.forget(former ?? nobody)
    })
  }

  /**
   * The answer of `run`, from the cache when it has one for this user and key.
   *
   * @throws JourneysError `user_changed` when the user changed while the query ran; whatever `run` throws.
   */
  query<T>(run: (identity: Identity | null) => PromiseLike<T>, key: string, options?: ReadOptions): Promise<T> {
    const own = this.#own
    if (own?.open === true && options?.fresh !== true) {
      const answer = own.hit(key)
      if (answer !== undefined) {
        if (own.renews) own.refreshWhenDue(key, () => this.#refresh(run, own))
        return answer as Promise<T>
      }
    }
    return this.#ask(run, key, options)
  }

  /**
   * Runs a write of the signed-in user, then drops that user's answers which it may have changed: also when it failed, because
   * a request without an answer may have been carried out.
   *
   * @throws JourneysError `not_signed_in`; whatever `run` throws.
   */
  async write<T>(tables: readonly string[], run: (identity: Identity) => Promise<T>): Promise<T> {
    const identity = await this.#user.require()
    try {
      return await run(identity)
    } finally {
      this.#cache.invalidate(identity.userId, tables)
    }
  }

  async #ask<T>(
    run: (identity: Identity | null) => PromiseLike<T>,
    key: string,
    options: ReadOptions | undefined,
  ): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      const identity = await this.#user.resolve()
      const id = identity?.userId ?? null
      const epoch = this.#user.epoch
      if (this.#user.id !== id) {
        if (attempt === attempts) throw userChanged()
        continue
      }
      try {
        const own = this.#cache.of(id ?? nobody)
        this.#own = own
        const answer = await own.read(key, () => this.#load(run, identity, epoch), options)
        if (this.#user.epoch !== epoch) throw userChanged()
        return answer as T
      } catch (error) {
        // With a shared cache the flight may have been another client's, whose user left while ours stayed.
        const othersUserChanged = isUserChanged(error) && this.#user.epoch === epoch
        if (!othersUserChanged || attempt === attempts) throw error
      }
    }
  }

  async #refresh<T>(run: (identity: Identity | null) => PromiseLike<T>, own: Compartment): Promise<T> {
    const identity = await this.#user.resolve()
    const epoch = this.#user.epoch
    if (this.#own !== own) throw userChanged()
    return this.#load(run, identity, epoch)
  }

  async #load<T>(
    run: (identity: Identity | null) => PromiseLike<T>,
    identity: Identity | null,
    epoch: number,
  ): Promise<T> {
    const answer = await run(identity)
    // Reads the session anew: a change that nobody was told of yet shows here, and raises the epoch.
    await this.#user.resolve()
    if (this.#user.epoch !== epoch) throw userChanged()
    return answer
  }
}

function userChanged(): JourneysError {
  return new JourneysError('user_changed', 'The signed-in user changed while the query ran', {
    hint: 'Run it again as the user who is signed in now.',
  })
}

function isUserChanged(error: unknown): boolean {
  return error instanceof JourneysError && error.code === 'user_changed'
}
