import { jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { generateKeys, generatePasswords } from './keys.ts'

describe('generated keys', () => {
  it('are tokens that any JWT library accepts, with the role that PostgREST switches to', async () => {
    const keys = generateKeys()
    const secret = new TextEncoder().encode(keys.jwtSecret)
    const anon = await jwtVerify(keys.anonKey, secret, { algorithms: ['HS256'] })
    const service = await jwtVerify(keys.serviceRoleKey, secret, { algorithms: ['HS256'] })
    expect([anon.payload.role, service.payload.role]).toEqual(['anon', 'service_role'])
    expect((anon.payload.exp ?? 0) - (anon.payload.iat ?? 0)).toBe(10 * 365 * 24 * 3600)
  })

  it('and passwords differ from stack to stack, and fit into a URL as they are', () => {
    const [one, other] = [
      { ...generateKeys(), ...generatePasswords() },
      { ...generateKeys(), ...generatePasswords() },
    ]
    expect(new Set([...Object.values(one), ...Object.values(other)]).size).toBe(16)
    for (const text of Object.values(one)) expect(encodeURIComponent(text)).toBe(text)
  })
})
