import type { LoadTestResult } from '@journeys/loadtest'
import { formatCount } from '../output/number.ts'

/** `412 × POST journal_entries: 503 PGRST003 Timed out acquiring connection from connection pool.` */
export function failureText({ name, status, code, error, body, count }: LoadTestResult['failures'][number]): string {
  const answer = status === 0 ? (error ?? 'no answer') : [status, code, bodyText(body)].filter(Boolean).join(' ')
  return `${formatCount(count)} × ${name}: ${answer}`
}

const longest = 160

/** The words in an answer's body: of Supabase's JSON the message, of anything else the beginning. */
function bodyText(body: string | undefined): string | undefined {
  if (body === undefined) return undefined
  const text = (messageOf(body) ?? body).replace(/\s+/g, ' ').trim()
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}

function messageOf(body: string): string | undefined {
  try {
    const { message, msg } = JSON.parse(body) as { message?: unknown; msg?: unknown }
    return [message, msg].find((one) => typeof one === 'string')
  } catch {
    return undefined
  }
}
