import { z } from 'zod'
import { type DatabasePasswords, generateKeys, generatePasswords, type StackKeys } from '../keys.ts'
import { readJson, writePrivateJson } from './private-file.ts'
import type { Project } from './project.ts'

/** What a project's stack generated for itself once. It outlives `reset`, so that an app's `.env` stays right. */
export interface StackSecrets {
  keys: StackKeys
  passwords: DatabasePasswords
}

const text = z.string().min(16)
const secretsSchema = z.object({
  keys: z.object({ jwtSecret: text, anonKey: text, serviceRoleKey: text }),
  passwords: z.object({
    supabase_admin: text,
    postgres: text,
    authenticator: text,
    supabase_auth_admin: text,
    // A project from before the stack had Storage has none.
    supabase_storage_admin: text.optional(),
  }),
})

/** The project's secrets, undefined when there are none that can be read. */
export async function readSecrets(project: Project): Promise<StackSecrets | undefined> {
  const parsed = secretsSchema.safeParse(await readJson(project.secretsFile))
  if (!parsed.success) return undefined
  const { keys, passwords } = parsed.data
  const { supabase_storage_admin: kept } = passwords
  if (kept !== undefined) return { keys, passwords: { ...passwords, supabase_storage_admin: kept } }
  const { supabase_storage_admin } = generatePasswords()
  const secrets = { keys, passwords: { ...passwords, supabase_storage_admin } }
  await writePrivateJson(project.secretsFile, secrets)
  return secrets
}

/** Makes and keeps new secrets: before initdb, so that no cluster exists whose password is not on disk. */
export async function createSecrets(project: Project): Promise<StackSecrets> {
  const secrets = { keys: generateKeys(), passwords: generatePasswords() }
  await writePrivateJson(project.secretsFile, secrets)
  return secrets
}
