/**
 * What runs inside k6: bundled with the scenarios by bundle.ts and started by k6-engine.ts. Every sample leaves through k6's
 * CSV output, tagged with its scenario and phase; what is no number (failing answers, written rows) through its log.
 */

import { scenarios } from 'journeys:scenarios'
import { check, sleep } from 'k6'
import { SharedArray } from 'k6/data'
import exec from 'k6/execution'
import http, { type RefinedParams, type ResponseType } from 'k6/http'
import { Gauge } from 'k6/metrics'
import { phaseAt } from '../../profiles/phase.ts'
import type { Answer, Scenario, Visitor } from '../../scenarios/visitor.ts'
import { answerCode } from '../answer-code.ts'
import type { SignedInUser } from '../engine.ts'
import { requestHeaders } from '../headers.ts'
import { thrownCheck } from '../thrown.ts'
import { type LogMessage, logMessage } from './log-message.ts'
import type { ScriptInput } from './script-input.ts'
import { scriptOptions } from './script-options.ts'

/** k6's own: reads a file beside the script while it loads. */
declare function open(path: string): string

const input: ScriptInput = JSON.parse(open('./input.json'))
const { plan } = input
/** Shared by all users of the process: a thousand copies of a thousand tokens would be a gigabyte. */
const users = new SharedArray('users', () =>
  (input.userFiles ?? ['users.json']).flatMap((file) => JSON.parse(open(`./${file}`))),
) as unknown as SignedInUser[]

export const options = scriptOptions(plan)

/** Of one user: a server that fails in ever new ways must not fill the log. */
const mostFailures = 10
const longestBody = 2000

const loadStarted = new Gauge('journeys_load_started', true)
/** Open model: the iteration's number, at the moment in which it begins. */
const iterationStarted = new Gauge('journeys_iteration_started')
// Of this user, kept between iterations: k6 builds `exec.scenario` anew each time it is asked for.
let visitor: Visitor | undefined
let startedAt = 0
const failuresTold = new Set<string>()

export default async function iteration(): Promise<void> {
  const { scenario, vu } = exec
  const number = scenario.iterationInTest
  startedAt ||= scenario.startTime
  // Of this process: the test's very first one may be another generator's.
  if (scenario.iterationInInstance === 0) loadStarted.add(startedAt)
  if (plan.model === 'open') iterationStarted.add(number)
  // Of this process too: of the test's iterations, one generator of two gets every other, and with it another mix.
  const name = plan.round[scenario.iterationInInstance % plan.round.length] as string
  visitor ??= visitorFor(users[(vu.idInTest - 1) % users.length] as SignedInUser)
  const { tags } = vu.metrics
  tags.scenario = name
  tags.phase = phaseNow()
  try {
    await (scenarios[name] as Scenario)(visitor)
  } catch (error) {
    visitor.check(thrownCheck(error), false)
  }
  if (plan.model === 'closed') await visitor.pause()
}

/** Where k6-engine.ts compares the number of requests with what arrived. */
export function handleSummary(data: unknown): Record<string, string> {
  return { [input.summaryFile]: JSON.stringify(data) }
}

function visitorFor(user: SignedInUser): Visitor {
  return {
    user: { id: user.id },
    async request(method, path, { name, body, headers }): Promise<Answer> {
      const hasBody = body !== undefined
      const params: RefinedParams<ResponseType> = {
        headers: requestHeaders(input.anonKey, user.accessToken, hasBody, headers),
        tags: { name, phase: phaseNow() },
        timeout: plan.requestTimeoutMs,
        redirects: 0,
      }
      const response = http.request(method, `${input.url}${path}`, hasBody ? JSON.stringify(body) : null, params)
      const { status } = response
      const ok = status >= 200 && status < 400
      const text = () => (response.body as string | null) ?? ''
      if (!ok && status !== 0) tellFailure(name, status, text())
      return {
        status,
        ok,
        text,
        json() {
          try {
            return JSON.parse(response.body as string)
          } catch {
            return undefined
          }
        },
      }
    },
    async pause() {
      const { minMs, maxMs } = plan.thinkTime
      sleep((minMs + Math.random() * (maxMs - minMs)) / 1000)
    },
    check(name, passed) {
      check(null, { [name]: () => passed })
    },
    wrote(table, id, version) {
      if (plan.trackWrites) tell({ kind: 'write', table, id, version, at: Date.now() })
    },
  }
}

function tellFailure(name: string, status: number, body: string): void {
  const code = answerCode(body)
  const key = `${name} ${status} ${code}`
  if (failuresTold.size >= mostFailures || failuresTold.has(key)) return
  failuresTold.add(key)
  tell({ kind: 'failure', name, status, code, body: body.slice(0, longestBody) })
}

function tell(message: LogMessage): void {
  // biome-ignore lint/suspicious/noConsole: inside k6 it is the log, and the only way out for what is not a number
  console.info(logMessage(message))
}

function phaseNow(): string {
  return phaseAt(plan.stages, Date.now() - startedAt)
}
