import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

export interface HealthCheckResult {
  ok: boolean
  ms: number
  error?: string
}

export interface GatewayHealth {
  status: 'ok' | 'unavailable'
  checks: Record<string, HealthCheckResult>
}

/**
 * Runs every probe, at once. A probe fails by rejecting, or by saying nothing for so long; what it rejects with is told by name or code
 * only.
 */
export async function checkHealth(
  probes: Record<string, () => Promise<unknown>>,
  timeoutMs: number,
): Promise<GatewayHealth> {
  const entries = await Promise.all(
    Object.entries(probes).map(async ([name, probe]) => [name, await timed(probe, timeoutMs)] as const),
  )
  const checks = Object.fromEntries(entries)
  return { status: entries.every(([, check]) => check.ok) ? 'ok' : 'unavailable', checks }
}

async function timed(probe: () => Promise<unknown>, timeoutMs: number): Promise<HealthCheckResult> {
  const started = performance.now()
  const ms = () => Math.round((performance.now() - started) * 10) / 10
  try {
    await within(timeoutMs, probe())
    return { ok: true, ms: ms() }
  } catch (error) {
    return { ok: false, ms: ms(), error: reason(error) }
  }
}

// A server that is stopped, not dead, answers nothing at all.
async function within(ms: number, work: Promise<unknown>) {
  const timer = new AbortController()
  const late = sleep(ms, undefined, { signal: timer.signal }).then(() => {
    throw new Error('timeout')
  })
  await Promise.race([work, late]).finally(() => timer.abort())
}

function reason(error: unknown) {
  if (!(error instanceof Error)) return 'unknown'
  const { code } = error as NodeJS.ErrnoException
  return typeof code === 'string' ? code : error.message
}

/**
 * Resolves when the server says that it can serve.
 * @param isReady by default any 2xx, which is what PostgREST's `/ready` says when the database and its schema cache are there.
 */
export function probeHttp(
  url: string,
  timeoutMs: number,
  isReady: (status: number) => boolean = (status) => status >= 200 && status < 300,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, timeout: timeoutMs }, (response) => {
      response.resume()
      const status = response.statusCode ?? 0
      if (isReady(status)) resolve()
      else reject(new Error(`HTTP ${status}`))
    })
    request.on('timeout', () => request.destroy(new Error('timeout')))
    request.on('error', reject)
  })
}
