import { setTimeout as sleep } from 'node:timers/promises'
import { ExitCode, JourneysError } from '@journeys/core/ops'

export interface ApiRequest {
  readonly url: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly apiKey: string
  readonly body?: unknown
  readonly headers?: Record<string, string>
  readonly signal?: AbortSignal | undefined
}

const mostTries = 8
/** Longer than Supabase Auth's five-minute window: a wait beyond it would never end. */
const longestWaitMs = 310_000

/**
 * One request to the project's API, repeated when it says 429 or is briefly unavailable, as late as its `Retry-After` asks.
 * @returns the JSON of the answer
 * @throws JourneysError `unreachable` (4), `api_refused` (1); the message never holds the key or the body that was sent
 */
export async function pacedRequest(request: ApiRequest): Promise<unknown> {
  const target = `${request.method} ${new URL(request.url).pathname}`
  for (let attempt = 1; ; attempt++) {
    const response = await fetch(request.url, {
      method: request.method,
      headers: {
        apikey: request.apiKey,
        Authorization: `Bearer ${request.apiKey}`,
        ...(request.body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...request.headers,
      },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      signal: AbortSignal.any([AbortSignal.timeout(30_000), ...(request.signal ? [request.signal] : [])]),
    }).catch((error: Error) => {
      throw new JourneysError('unreachable', `no answer to ${target}`, {
        detail: (error.cause as Error | undefined)?.message ?? error.message,
        exitCode: ExitCode.unreachable,
        cause: error,
      })
    })
    const text = await response.text()
    if (response.ok) return text === '' ? undefined : JSON.parse(text)
    const retryable = response.status === 429 || response.status === 503
    if (!retryable || attempt >= mostTries) {
      throw new JourneysError('api_refused', `${target} was answered with ${response.status}`, {
        detail: text.slice(0, 300),
      })
    }
    const asked = Number(response.headers.get('retry-after')) * 1000
    await sleep(Math.min(longestWaitMs, asked > 0 ? asked : 500 * 2 ** attempt), undefined, { signal: request.signal })
  }
}

/** Runs `work` for every item, at most `width` at once, and stops starting new ones after the first error. */
export async function pacedEach<Item, Result>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = new Array(items.length)
  let next = 0
  let failed = false
  const lane = async () => {
    while (next < items.length && !failed) {
      const index = next++
      try {
        results[index] = await work(items[index] as Item)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane))
  return results
}
