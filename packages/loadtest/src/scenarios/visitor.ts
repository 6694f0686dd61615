/**
 * What a scenario may do. A scenario sees nothing else, neither k6 nor Node, so that the same file runs on every engine.
 * Careful with globals: k6's runtime has no `URLSearchParams`, `TextEncoder`, `setTimeout` or `Buffer`.
 */
export interface Visitor {
  /** The signed-in load-test user that this visitor acts as. */
  readonly user: { readonly id: string }
  /**
   * Sends one request as that user. Never rejects for what the server or the network did: a request that got no answer
   * has status 0.
   * @param path from the project's root, with the query string: `/rest/v1/profiles?user_id=eq.1`
   */
  request(method: Method, path: string, options: RequestOptions): Promise<Answer>
  /** Waits as long as a person thinks between two screens. */
  pause(): Promise<void>
  /** Notes whether an answer said what it should. A failed check is a wrong answer, whatever its status was. */
  check(name: string, passed: boolean): void
  /**
   * Notes a write that was answered 2xx, so that a recovery run can look for it afterwards.
   * @param version the row's `updated_at` in the answer, for a row that is written again and again
   */
  wrote(table: WrittenTable, id: string, version?: string): void
}

/** `profiles` is looked up by `user_id`, the others by `id`. */
export type WrittenTable = 'journal_entries' | 'purchases' | 'profiles'

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'

export interface RequestOptions {
  /** The row of the per-request table that this request counts in; the same for every user. */
  readonly name: string
  /** Sent as JSON. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface Answer {
  /** 0 when there was no answer. */
  readonly status: number
  /** 200 to 399, as k6 counts a request that did not fail. */
  readonly ok: boolean
  text(): string
  /**
   * The body as JSON; `undefined` when there is none or it is not JSON. Dear inside k6 (a millisecond for a page of
   * entries): look into `text` where that is enough.
   */
  json(): unknown
}

export type Scenario = (visitor: Visitor) => Promise<void>
