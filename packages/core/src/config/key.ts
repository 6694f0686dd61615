/**
 * What is wrong with an API key, if anything: found before the first request, and said without repeating the key.
 * The signature is the server's business; the role, the end and the shape are written in the key itself.
 */
export function keyIssue(key: string, role: 'anon' | 'service_role', now = Date.now()): string | undefined {
  if (/\s/.test(key)) return 'has a space or a line break in it; was more than the key copied?'
  const newFormat = /^sb_(publishable|secret)_[A-Za-z0-9_-]{8,}$/.exec(key)?.[1]
  if (newFormat !== undefined) {
    const wanted = role === 'anon' ? 'publishable' : 'secret'
    return newFormat === wanted ? undefined : `is a ${newFormat} key; this one takes the ${wanted} key`
  }
  const claims = keyClaims(key)
  if (claims === undefined) return 'is not a Supabase API key (a JWT, or sb_...): copied whole?'
  if (claims.role !== role) {
    const isRole = typeof claims.role === 'string' && /^\w{1,40}$/.test(claims.role)
    return `is a key of the role ${isRole ? claims.role : '(none)'}, not ${role}; were two keys swapped?`
  }
  if (typeof claims.exp === 'number' && claims.exp * 1000 < now) {
    return `has expired (${new Date(claims.exp * 1000).toISOString().slice(0, 10)}); take the current one from the project's API settings`
  }
  return undefined
}

/** The project that a hosted key was made for. */
export function keyProject(key: string | undefined): string | undefined {
  const reference = key === undefined ? undefined : keyClaims(key)?.ref
  return typeof reference === 'string' && /^[a-z0-9]{1,40}$/.test(reference) ? reference : undefined
}

function keyClaims(key: string): Record<string, unknown> | undefined {
  const [header, payload, signature, ...more] = key.split('.')
  if (!header || !payload || !signature || more.length > 0) return undefined
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
    return typeof claims === 'object' && claims !== null ? (claims as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
