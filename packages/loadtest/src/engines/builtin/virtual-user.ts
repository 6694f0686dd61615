import { Client } from 'undici'
import { phaseAt } from '../../profiles/phase.ts'
import { type ScenarioName, scenarios } from '../../scenarios/index.ts'
import type { Answer, Method, RequestOptions, Visitor } from '../../scenarios/visitor.ts'
import type { EngineRun, SignedInUser } from '../engine.ts'
import { requestHeaders } from '../headers.ts'
import { exchange } from './exchange.ts'

/** One signed-in person with a connection of their own, as every real user has. */
export class VirtualUser implements Visitor {
  readonly user: { readonly id: string }
  readonly #run: EngineRun
  readonly #accessToken: string
  readonly #startedAt: number
  readonly #client: Client
  readonly #sleep: (ms: number) => Promise<void>
  #scenario: ScenarioName

  /** @param sleep resolves early when the run is stopped */
  constructor(run: EngineRun, user: SignedInUser, startedAt: number, sleep: (ms: number) => Promise<void>) {
    this.user = { id: user.id }
    this.#run = run
    this.#accessToken = user.accessToken
    this.#startedAt = startedAt
    this.#sleep = sleep
    this.#scenario = run.plan.round[0] as ScenarioName
    const timeout = run.plan.requestTimeoutMs
    // A pause is 3 s at most: the connection is still there after it, and is ours to close before the server does.
    this.#client = new Client(run.url, {
      connect: { timeout },
      headersTimeout: timeout,
      bodyTimeout: timeout,
      keepAliveTimeout: 4_000,
    })
  }

  /** Plays one scenario and thinks about it. Nothing is counted once the run was stopped. */
  async iterate(name: ScenarioName): Promise<void> {
    const { recorder, signal } = this.#run
    this.#scenario = name
    const phase = this.#phase()
    try {
      await scenarios[name](this)
    } catch (error) {
      this.check(`the scenario ended: ${(error as Error).message}`, false)
    }
    await this.pause()
    if (!signal.aborted) recorder.addIteration(Date.now(), name, phase)
  }

  async request(method: Method, path: string, options: RequestOptions): Promise<Answer> {
    const { recorder, anonKey, signal } = this.#run
    const phase = this.#phase()
    const scenario = this.#scenario
    const hasBody = options.body !== undefined
    const { status, durationMs, body, error } = await exchange(this.#client, {
      method,
      path,
      headers: requestHeaders(anonKey, this.#accessToken, hasBody, options.headers),
      body: hasBody ? JSON.stringify(options.body) : null,
    })
    const ok = status >= 200 && status < 400
    if (!signal.aborted) {
      const { name } = options
      recorder.addRequest({ at: Date.now(), scenario, phase, name, status, failed: !ok, durationMs, error })
    }
    return { status, ok, text: () => body, json: () => parsed(body) }
  }

  pause(): Promise<void> {
    const { minMs, maxMs } = this.#run.plan.thinkTime
    return this.#sleep(minMs + Math.random() * (maxMs - minMs))
  }

  check(name: string, passed: boolean): void {
    if (!this.#run.signal.aborted) this.#run.recorder.addCheck(this.#scenario, this.#phase(), name, passed)
  }

  /** Closes the connection; a request under way is given up. */
  async leave(): Promise<void> {
    await this.#client.destroy()
  }

  #phase() {
    return phaseAt(this.#run.plan.stages, Date.now() - this.#startedAt)
  }
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
