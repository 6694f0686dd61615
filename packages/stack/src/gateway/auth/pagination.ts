import { AuthError } from './error.ts'
import type { UserPage } from './user.ts'

const DEFAULT_PER_PAGE = 50
/** What fits into Postgres's `limit` and `offset` together. */
const MAX = 2 ** 31 - 1

/**
 * The page that a query asks for: `page`, `per_page`, `sort` (`created_at asc`), `filter`.
 * @throws AuthError 400 `validation_failed`
 */
export function requestedPage(query: URLSearchParams): UserPage {
  return {
    // As Supabase Auth does, 0 counts as unsaid.
    page: wholeNumber(query, 'page') || 1,
    perPage: wholeNumber(query, 'per_page') || DEFAULT_PER_PAGE,
    ascending: isAscending(query.get('sort')),
    filter: query.get('filter') ?? '',
  }
}

function wholeNumber(query: URLSearchParams, name: string) {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  if (!/^\d{1,19}$/.test(text)) throw invalid(`Bad Pagination Parameters: ${name} is not a whole number`)
  return Math.min(Number(text), MAX)
}

function isAscending(sort: string | null) {
  if (sort === null) return false
  const [, direction] = /^created_at(?: (asc|desc))?$/i.exec(sort) ?? ['', 'none']
  if (direction === 'none') throw invalid('Bad Sort Parameters: only created_at, with asc or desc, is allowed')
  return direction?.toLowerCase() === 'asc'
}

function invalid(message: string) {
  return new AuthError(400, 'validation_failed', message)
}

/** `Link` and `X-Total-Count`, which supabase-js reads. */
export function pageHeaders(path: string, query: URLSearchParams, page: UserPage, total: number) {
  const last = Math.ceil(total / page.perPage)
  const link = (to: number, relation: string) => {
    const target = new URLSearchParams(query)
    target.set('page', String(to))
    // Go sorts them; supabase-js takes the number after the first `=` for the page's.
    target.sort()
    return `<${path}?${target}>; rel="${relation}"`
  }
  const links = page.page < last ? [link(page.page + 1, 'next')] : []
  return { Link: [...links, link(last, 'last')].join(', '), 'X-Total-Count': String(total) }
}
