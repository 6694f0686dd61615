import type { Client } from 'undici'
import type { Answer, Method, RequestOptions, Visitor, WrittenTable } from '../../scenarios/visitor.ts'
import { answerCode } from '../answer-code.ts'
import type { EngineRun, SignedInUser } from '../engine.ts'
import { requestHeaders } from '../headers.ts'
import { exchange } from './exchange.ts'

/** One iteration of a user, as its scenario sees it. */
export class Visit implements Visitor {
  readonly user: { readonly id: string }
  readonly #run: EngineRun
  readonly #signedIn: SignedInUser
  readonly #client: Client
  readonly #scenario: string
  readonly #phaseNow: () => string
  /** Added to the first request: the user came that much after the plan. */
  #lateMs: number
  #over = false
  #thinking: NodeJS.Timeout | undefined

  constructor(options: {
    run: EngineRun
    user: SignedInUser
    client: Client
    scenario: string
    lateMs: number
    phaseNow: () => string
  }) {
    this.user = { id: options.user.id }
    this.#run = options.run
    this.#signedIn = options.user
    this.#client = options.client
    this.#scenario = options.scenario
    this.#lateMs = options.lateMs
    this.#phaseNow = options.phaseNow
  }

  /** From now on nothing is counted, and the scenario goes no further: what it awaits never comes, as k6 interrupts its own. */
  end(): void {
    this.#over = true
    clearTimeout(this.#thinking)
  }

  async request(method: Method, path: string, options: RequestOptions): Promise<Answer> {
    if (this.#over) return never()
    const { recorder, anonKey } = this.#run
    const phase = this.#phaseNow()
    const lateMs = this.#lateMs
    this.#lateMs = 0
    const hasBody = options.body !== undefined
    const { status, durationMs, body, error } = await exchange(this.#client, {
      method,
      path,
      headers: requestHeaders(anonKey, this.#signedIn.accessToken, hasBody, options.headers),
      body: hasBody ? JSON.stringify(options.body) : null,
    })
    if (this.#over) return never()
    const ok = status >= 200 && status < 400
    const { name } = options
    const scenario = this.#scenario
    const at = Date.now()
    recorder.addRequest({ at, scenario, phase, name, status, failed: !ok, durationMs: durationMs + lateMs, error })
    if (!ok && status !== 0) recorder.addFailureDetail({ name, status, code: answerCode(body), body })
    return { status, ok, text: () => body, json: () => parsed(body) }
  }

  pause(): Promise<void> {
    if (this.#over) return never()
    const { minMs, maxMs } = this.#run.plan.thinkTime
    return new Promise((resolve) => {
      this.#thinking = setTimeout(resolve, minMs + Math.random() * (maxMs - minMs))
    })
  }

  check(name: string, passed: boolean): void {
    if (!this.#over) this.#run.recorder.addCheck(this.#scenario, this.#phaseNow(), name, passed)
  }

  wrote(table: WrittenTable, id: string, version?: string): void {
    if (this.#over || !this.#run.plan.trackWrites) return
    this.#run.recorder.addWrite({ table, id, ...(version === undefined ? {} : { version }), at: Date.now() })
  }
}

/** What waits for it is collected as garbage together with it. */
function never(): Promise<never> {
  return new Promise(() => undefined)
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
