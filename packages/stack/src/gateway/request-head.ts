/** A request's headers, read once: what the gateway needs of them, and what it sends on. */
export interface RequestHead {
  /** Name, value, name, value: what the upstream gets, without what is meant for this hop alone. */
  forward: string[]
  apiKey: string | undefined
  hasAuthorization: boolean
  origin: string | undefined
  requestId: string | undefined
  /** `undefined` when the header is absent. */
  contentLength: number | undefined
  /** A body of unknown length follows. */
  chunked: boolean
}

/**
 * Sorts raw headers. Besides the hop-by-hop ones (RFC 9110, 7.6.1) these stay here: `apikey`, which the database has no business with;
 * `host`, `x-forwarded-for` and `x-request-id`, which the gateway writes itself; `expect`, which it has answered already.
 */
export function requestHead(rawHeaders: readonly string[]): RequestHead {
  const head: RequestHead = {
    forward: [],
    apiKey: undefined,
    hasAuthorization: false,
    origin: undefined,
    requestId: undefined,
    contentLength: undefined,
    chunked: false,
  }
  let named: string[] | undefined
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    const value = rawHeaders[at + 1] as string
    switch (name.toLowerCase()) {
      case 'connection':
        named = connectionNames(value, named)
        break
      case 'apikey':
        head.apiKey ??= value
        break
      case 'x-request-id':
        head.requestId ??= value
        break
      case 'transfer-encoding':
        head.chunked = true
        break
      case 'host':
      case 'keep-alive':
      case 'proxy-connection':
      case 'proxy-authorization':
      case 'te':
      case 'trailer':
      case 'upgrade':
      case 'expect':
      case 'x-forwarded-for':
        break
      case 'authorization':
        head.hasAuthorization = true
        head.forward.push(name, value)
        break
      case 'origin':
        head.origin = value
        head.forward.push(name, value)
        break
      case 'content-length':
        head.contentLength = Number(value)
        head.forward.push(name, value)
        break
      default:
        head.forward.push(name, value)
    }
  }
  if (named !== undefined) head.forward = withoutNamed(head.forward, named)
  return head
}

// Nearly every request says only `keep-alive` or `close`, and needs no second pass.
function connectionNames(value: string, named: string[] | undefined) {
  const lower = value.toLowerCase()
  if (lower === 'keep-alive' || lower === 'close') return named
  const names = lower.split(',').map((name) => name.trim())
  return named === undefined ? names : [...named, ...names]
}

// The length and the caller's identity are not the caller's to take away: a proxy that dropped them would
// frame the body wrongly, or put the gateway's key in place of the user's token.
const never = new Set(['content-length', 'authorization', 'content-type'])

/** The pairs whose name is not in `named` (lower case). */
export function withoutNamed(pairs: readonly string[], named: readonly string[]) {
  const drop = new Set(named.filter((name) => !never.has(name)))
  const kept: string[] = []
  for (let at = 0; at < pairs.length; at += 2) {
    const name = pairs[at] as string
    if (!drop.has(name.toLowerCase())) kept.push(name, pairs[at + 1] as string)
  }
  return kept
}
