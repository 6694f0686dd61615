/** Where a request goes, and the key that it may carry in its query as on Supabase (`?apikey=`). */
export interface RequestTarget {
  /** Always begins with `/`. */
  path: string
  /** With its `?`, without `apikey`: PostgREST would take that for a filter. Empty when there is none. */
  query: string
  apiKey: string | undefined
}

/** Splits a request's target. Tolerates the absolute form (RFC 9112, 3.2.2), which a client behind a proxy sends. */
export function requestTarget(url: string): RequestTarget {
  const target = url.startsWith('/') ? url : originForm(url)
  const mark = target.indexOf('?')
  if (mark === -1) return { path: target, query: '', apiKey: undefined }
  const path = target.slice(0, mark)
  const query = target.slice(mark)
  if (!query.includes('apikey=')) return { path, query, apiKey: undefined }
  return { path, ...withoutApiKey(query) }
}

// Pairs are kept as they were written: decoding and encoding again would change what PostgREST reads.
function withoutApiKey(query: string) {
  let apiKey: string | undefined
  const kept = query
    .slice(1)
    .split('&')
    .filter((pair) => {
      if (!pair.startsWith('apikey=')) return true
      apiKey ??= decoded(pair.slice('apikey='.length))
      return false
    })
  return { query: kept.length === 0 ? '' : `?${kept.join('&')}`, apiKey }
}

function decoded(text: string) {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function originForm(url: string) {
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return '/'
  const { pathname, search } = new URL(url)
  return pathname + search
}
