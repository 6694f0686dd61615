import { randomBytes, randomUUID } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { SupabaseClient } from '@supabase/supabase-js'
import { createTestClient } from './client.ts'

/** Somebody who is signed up, on a client of their own. */
export interface Member {
  id: string
  client: SupabaseClient
  token: string
}

export async function signUpMember(stack: { url: string; anonKey: string }): Promise<Member> {
  const client = createTestClient(stack, stack.anonKey)
  const { data, error } = await client.auth.signUp({
    email: `${randomUUID()}@example.test`,
    password: 'a long password',
  })
  if (error !== null || data.session === null) throw error ?? new Error('signed up without a session')
  return { id: data.session.user.id, client, token: data.session.access_token }
}

/** Bytes that nothing else has. */
export function picture(bytes = 2000): Buffer {
  return randomBytes(bytes)
}

/** Every file under the folder, whole or not. */
export async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

/** What a download gave; nothing when it failed. */
export async function bytesOf(blob: Blob | null): Promise<Buffer> {
  return blob === null ? Buffer.alloc(0) : Buffer.from(await blob.arrayBuffer())
}
