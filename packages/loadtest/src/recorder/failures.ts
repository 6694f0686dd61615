import type { FailureResult } from '../result.ts'
import { failureKind } from './part.ts'

/** Kinds of failure kept apart; after that they are counted as one. */
const most = 50
const longestBody = 500
/** A signed token, wherever a server repeats it: https://datatracker.ietf.org/doc/html/rfc7519 */
const token = /\bey[\w-]{10,}\.[\w-]+\.[\w-]*/g

export interface FailureDetail {
  readonly name: string
  readonly status: number
  /** Of the answer's body. */
  readonly code?: string | undefined
  readonly body?: string | undefined
}

type Counted = { -readonly [K in keyof FailureResult]: FailureResult[K] }

/** Requests that failed, by what they were and how; the first different answers are kept with their bodies. */
export class Failures {
  readonly #counted = new Map<string, Counted>()
  readonly #details: FailureDetail[] = []

  /** @param elapsedMs since the load began */
  add({ name, status, error }: { name: string; status: number; error?: string | undefined }, elapsedMs: number): void {
    const key = `${name}\n${status}\n${status === 0 ? (error ?? '') : ''}`
    const known = this.#counted.get(key) ?? (this.#counted.size < most ? undefined : this.#counted.get('other'))
    if (known) {
      known.count++
      return
    }
    const first: Counted =
      this.#counted.size < most
        ? {
            kind: failureKind(status),
            name,
            status,
            ...(status === 0 && error ? { error } : {}),
            count: 1,
            firstMs: elapsedMs,
          }
        : { kind: failureKind(status), name: 'other', status: 0, error: 'other failures', count: 1, firstMs: elapsedMs }
    this.#counted.set(this.#counted.size < most ? key : 'other', first)
  }

  /** An answer that failed, as it was. Only the first of each status and code is kept. */
  addDetail(detail: FailureDetail): void {
    const same = ({ name, status, code }: FailureDetail) =>
      name === detail.name && status === detail.status && code === detail.code
    if (this.#details.length >= most || this.#details.some(same)) return
    this.#details.push({ ...detail, body: detail.body?.replace(token, '[token]').slice(0, longestBody) })
  }

  /** Most frequent first. */
  results(): FailureResult[] {
    return [...this.#counted.values()]
      .sort((a, b) => b.count - a.count)
      .map((failure) => {
        const [first, ...others] = this.#details.filter(
          ({ name, status }) => name === failure.name && status === failure.status && status !== 0,
        )
        const otherCodes = others.flatMap(({ code }) => code ?? [])
        return {
          ...failure,
          ...(first?.code ? { code: first.code } : {}),
          ...(first?.body ? { body: first.body } : {}),
          ...(otherCodes.length > 0 ? { otherCodes } : {}),
        }
      })
  }
}
