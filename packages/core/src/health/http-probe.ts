import { requireSetting } from '../config/environment.ts'
import { answerTimeMs, environmentFlag, type ProbeContext } from './check.ts'
import type { Finding } from './finding.ts'
import { medianLatency } from './latency.ts'

/** The first pays for the connection; the middle one of three does not. */
const rounds = 3

/** Asks one path of the API a few times: does it answer, does it take our key, how long does it need. */
export async function probePath(context: ProbeContext, path: string, part: string): Promise<Finding[]> {
  const { environment, config } = context
  const tooLate = AbortSignal.timeout(answerTimeMs(config))
  const signal = AbortSignal.any([context.signal, tooLate])
  const url = `${requireSetting(environment, 'supabaseUrl')}${path}`
  const apikey = requireSetting(environment, 'anonKey')
  const again = environment.isLocal
    ? 'journeys status, then journeys start'
    : `journeys health${environmentFlag(context)} --watch`
  let answer: { status: number; text: string } | undefined
  try {
    const value = await medianLatency(rounds, async () => {
      // A wrong or dead server answers the first time as well as the last.
      if (answer !== undefined && answer.status >= 400) return
      const response = await fetch(url, { headers: { apikey }, signal, redirect: 'manual' })
      // Read to its end, so that the next round finds the connection free.
      answer = { status: response.status, text: (await response.text()).slice(0, 300) }
    })
    const { status, text } = answer ?? { status: 0, text: '' }
    if (status === 401 || status === 403) {
      return [
        {
          state: 'critical',
          summary: `${part} refuses the public key (HTTP ${status})`,
          why: 'every app that has this key is refused as well',
          remediation: environment.isLocal
            ? 'journeys stop, then journeys start'
            : `put the current key into .env.${environment.name} as SUPABASE_ANON_KEY`,
        },
      ]
    }
    if (status < 200 || status >= 300) {
      return [
        {
          state: 'critical',
          summary: `${part} answers with HTTP ${status}`,
          why: said(text) ?? 'the gateway is there, what stands behind it is not',
          remediation: again,
        },
      ]
    }
    const { warning, critical } = config.alerts
    const state = value > critical.responseTimeMs ? 'critical' : value > warning.responseTimeMs ? 'warning' : 'ok'
    return [
      {
        state,
        value,
        summary: `answers in ${value} ms`,
        ...(state === 'ok'
          ? {}
          : {
              why: 'everybody waits at least as long',
              remediation: `journeys health${environmentFlag(context)} --only database,connections,long-running-queries`,
            }),
      },
    ]
  } catch (error) {
    if (context.signal.aborted) throw error
    return [
      {
        state: 'critical',
        summary: `${part} cannot be reached at ${new URL(url).origin}`,
        why: tooLate.aborted ? `no answer within ${answerTimeMs(config) / 1000} s` : reason(error),
        remediation: again,
      },
    ]
  }
}

/** The words of a JSON error, as PostgREST, GoTrue and the gateway write them. */
function said(text: string): string | undefined {
  try {
    const body: unknown = JSON.parse(text)
    if (typeof body !== 'object' || body === null) return undefined
    const fields = body as Record<string, unknown>
    const message = fields.message ?? fields.msg ?? fields.error
    return typeof message === 'string' && message !== '' ? message : undefined
  } catch {
    return undefined
  }
}

/** fetch says "fetch failed" and keeps the reason in its cause. */
function reason(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  if (cause instanceof Error && 'code' in cause && typeof cause.code === 'string') return cause.message || cause.code
  return cause instanceof Error ? cause.message : String(cause)
}
