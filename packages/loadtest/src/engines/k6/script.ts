/**
 * What runs inside k6: bundled with the scenarios by bundle.ts and started by k6-engine.ts. It prints nothing; every sample
 * leaves through k6's CSV output, tagged with its scenario and phase.
 */
import { check, sleep } from 'k6'
import { SharedArray } from 'k6/data'
import exec from 'k6/execution'
import http, { type RefinedParams, type ResponseType } from 'k6/http'
import { Gauge } from 'k6/metrics'
import { phaseAt, type Stage } from '../../profiles/phase.ts'
import { scenarios } from '../../scenarios/index.ts'
import type { Answer, Visitor } from '../../scenarios/visitor.ts'
import type { SignedInUser } from '../engine.ts'
import { requestHeaders } from '../headers.ts'
import type { ScriptInput } from './script-input.ts'

/** k6's own: reads a file beside the script while it loads. */
declare function open(path: string): string

const input: ScriptInput = JSON.parse(open('./input.json'))
/** Shared by all users of the process: a thousand copies of a thousand tokens would be a gigabyte. */
const users = new SharedArray('users', () => JSON.parse(open('./users.json'))) as unknown as SignedInUser[]

export const options = {
  scenarios: {
    visitors: {
      executor: 'ramping-vus',
      startVUs: 0,
      gracefulRampDown: '30s',
      gracefulStop: '30s',
      stages: input.stages.map((stage: Stage) => ({ duration: `${stage.durationMs}ms`, target: stage.users })),
    },
  },
  // Fewer tags are fewer time series. `scenario` is ours, set below: k6's own would say `visitors` everywhere.
  systemTags: ['status', 'name', 'error', 'error_code', 'expected_response', 'check'],
  summaryTrendStats: ['avg', 'min', 'med', 'max', 'p(90)', 'p(95)', 'p(99)', 'count'],
}

const loadStarted = new Gauge('journeys_load_started', true)
// Of this user, kept between iterations: k6 builds `exec.scenario` anew each time it is asked for.
let visitor: Visitor | undefined
let startedAt = 0

export default async function iteration(): Promise<void> {
  const { scenario } = exec
  const number = scenario.iterationInTest
  startedAt ||= scenario.startTime
  if (number === 0) loadStarted.add(startedAt)
  const name = input.round[number % input.round.length] as keyof typeof scenarios
  const { vu } = exec
  visitor ??= visitorFor(users[(vu.idInTest - 1) % users.length] as SignedInUser)
  const { tags } = vu.metrics
  tags.scenario = name
  tags.phase = phaseNow()
  try {
    await scenarios[name](visitor)
  } catch (error) {
    visitor.check(`the scenario ended: ${(error as Error).message}`, false)
  }
  await visitor.pause()
}

/** Where k6-engine.ts compares the number of requests with what arrived. */
export function handleSummary(data: unknown): Record<string, string> {
  return { 'summary.json': JSON.stringify(data) }
}

function visitorFor(user: SignedInUser): Visitor {
  return {
    user: { id: user.id },
    async request(method, path, { name, body, headers }): Promise<Answer> {
      const hasBody = body !== undefined
      const params: RefinedParams<ResponseType> = {
        headers: requestHeaders(input.anonKey, user.accessToken, hasBody, headers),
        tags: { name, phase: phaseNow() },
        timeout: input.requestTimeoutMs,
        redirects: 0,
      }
      const response = http.request(method, `${input.url}${path}`, hasBody ? JSON.stringify(body) : null, params)
      return {
        status: response.status,
        ok: response.status >= 200 && response.status < 400,
        text: () => (response.body as string | null) ?? '',
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
      const { minMs, maxMs } = input.thinkTime
      sleep((minMs + Math.random() * (maxMs - minMs)) / 1000)
    },
    check(name, passed) {
      check(null, { [name]: () => passed })
    },
  }
}

function phaseNow(): string {
  return phaseAt(input.stages, Date.now() - startedAt)
}
