/** Longer answers are not looked into: an error's body is short. */
const longestBody = 20_000

/**
 * What an error's body calls itself: PostgREST's and Postgres' `code`, GoTrue's `error_code`. No import: it also runs inside k6.
 * @returns undefined when the body does not say
 */
export function answerCode(body: string): string | undefined {
  if (body.length > longestBody || !body.includes('code"')) return undefined
  try {
    const answer = JSON.parse(body) as { code?: unknown; error_code?: unknown } | null
    const code = answer?.error_code ?? answer?.code
    return typeof code === 'string' || typeof code === 'number' ? String(code) : undefined
  } catch {
    return undefined
  }
}
