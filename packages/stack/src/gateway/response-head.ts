import { withoutNamed } from './request-head.ts'

/**
 * PostgREST's headers as the client gets them: without those of its connection to us, and without its own CORS headers, which would
 * contradict the gateway's.
 */
export function responseHead(rawHeaders: readonly string[]): string[] {
  const forward: string[] = []
  let named: string[] | undefined
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    const value = rawHeaders[at + 1] as string
    const lower = name.toLowerCase()
    switch (lower) {
      case 'connection':
        named = value
          .toLowerCase()
          .split(',')
          .map((each) => each.trim())
        break
      case 'keep-alive':
      case 'proxy-connection':
      case 'proxy-authenticate':
      case 'transfer-encoding':
      case 'te':
      case 'trailer':
      case 'upgrade':
      case 'x-request-id':
        break
      default:
        if (!lower.startsWith('access-control-')) forward.push(name, value)
    }
  }
  return named === undefined ? forward : withoutNamed(forward, named)
}
