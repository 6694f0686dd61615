import { createHmac } from 'node:crypto'
import { errors, jwtVerify, SignJWT } from 'jose'
import { z } from 'zod'
import { refusal } from './error.ts'

const signedSchema = z.object({
  /** Bucket and name. */
  url: z.string(),
  /** A URL for one is none for the other. */
  scope: z.enum(['download', 'upload']),
  exp: z.number(),
  owner: z.string().optional(),
  role: z.enum(['anon', 'authenticated', 'service_role']).optional(),
  upsert: z.boolean().optional(),
})

export type SignedUrl = z.output<typeof signedSchema>

export interface UrlSigner {
  /** @param expiresIn seconds */
  sign(claims: Omit<SignedUrl, 'exp'>, expiresIn: number): Promise<string>
  /** @throws StorageError 400 `InvalidJWT`, `InvalidSignature` */
  verify(token: string, url: string, scope: SignedUrl['scope']): Promise<SignedUrl>
}

/**
 * Tokens in URLs, with a key of their own: such a URL is handed on, so its token must not pass for a user's at PostgREST or Auth, nor a
 * user's for it.
 */
export function urlSigner(jwtSecret: string): UrlSigner {
  const key = createHmac('sha256', jwtSecret).update('journeys: signed URLs of Storage').digest()
  return {
    sign: (claims, expiresIn) => {
      const now = Math.floor(Date.now() / 1000)
      return new SignJWT({ ...claims })
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .setIssuedAt(now)
        .setExpirationTime(now + expiresIn)
        .sign(key)
    },
    verify: async (token, url, scope) => {
      const { payload } = await jwtVerify(token, key, { algorithms: ['HS256'] }).catch((error: unknown) => {
        throw refusal.invalidToken(error instanceof errors.JOSEError ? error.message : 'Invalid JWT')
      })
      const signed = signedSchema.safeParse(payload)
      if (!signed.success || signed.data.scope !== scope) {
        throw refusal.invalidSignature(`Token is not scoped for ${scope}`)
      }
      if (signed.data.url !== url) throw refusal.invalidSignature()
      return signed.data
    },
  }
}
