import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { JourneysError } from '@journeys/core/ops'
import { parse } from 'smol-toml'
import { z } from 'zod'
import { parseFileSize } from './gateway/storage/file-size.ts'

// The keys of the Supabase CLI's config.toml that the local stack reads, with that CLI's defaults. It has many more, so the unknown pass.
const port = z.number().int().min(1).max(65_535)
const count = z.number().int().nonnegative()
const fileSize = z.string().transform((text, context) => {
  const bytes = parseFileSize(text)
  if (bytes !== undefined) return bytes
  context.addIssue({ code: 'custom', message: `${text} is not a size such as 50MiB` })
  return z.NEVER
})

const settingsSchema = z.object({
  project_id: z.string().optional(),
  api: z
    .object({
      port: port.default(54321),
      schemas: z.array(z.string()).min(1).default(['public', 'graphql_public']),
      extra_search_path: z.array(z.string()).default(['public', 'extensions']),
      max_rows: count.default(1000),
    })
    .prefault({}),
  db: z
    .object({
      port: port.default(54322),
      seed: z
        .object({ enabled: z.boolean().default(true), sql_paths: z.array(z.string()).default(['./seed.sql']) })
        .prefault({}),
    })
    .prefault({}),
  auth: z
    .object({
      /** Seconds that an access token is valid. */
      jwt_expiry: z.number().int().min(1).max(604_800).default(3600),
      enable_signup: z.boolean().default(true),
      /** Seconds in which a refresh token may be used again without being taken for stolen. */
      refresh_token_reuse_interval: count.default(10),
      minimum_password_length: z.number().int().min(6).default(6),
      /** Character sets that a password must draw from. */
      password_requirements: z
        .enum(['', 'letters_digits', 'lower_upper_letters_digits', 'lower_upper_letters_digits_symbols'])
        .default(''),
      /** At most this many in five minutes per address. */
      rate_limit: z.object({ sign_in_sign_ups: count.default(30), token_refresh: count.default(150) }).prefault({}),
      email: z.object({ enable_signup: z.boolean().default(true) }).prefault({}),
    })
    .prefault({}),
  storage: z
    .object({
      enabled: z.boolean().default(true),
      /** Bytes that no file may have more of, whatever its bucket says. */
      file_size_limit: fileSize.prefault('50MiB'),
    })
    .prefault({}),
})

/** What the local stack takes from supabase/config.toml; names as there. */
export type StackSettings = z.output<typeof settingsSchema>

/** The `[auth]` part: what the gateway's auth room reads. */
export type AuthSettings = StackSettings['auth']

/**
 * Reads `supabase/config.toml` of a project; without the file, every default of the Supabase CLI.
 * @throws JourneysError `settings_invalid` with every wrong key at once
 */
export async function readSettings(workdir: string): Promise<StackSettings> {
  const file = join(workdir, 'supabase', 'config.toml')
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  return parseSettings(text, file)
}

/** Parses the text of a config.toml; `file` is only for the error. */
export function parseSettings(text: string, file = 'supabase/config.toml'): StackSettings {
  const invalid = (detail: string, cause: unknown) =>
    new JourneysError('settings_invalid', `${file} is not valid.`, {
      detail,
      hint: 'Correct the file: supabase.com/docs/guides/cli/config lists its keys.',
      exitCode: 2,
      cause,
    })
  let raw: unknown
  try {
    raw = parse(text)
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error), error)
  }
  const parsed = settingsSchema.safeParse(raw)
  if (parsed.success) return parsed.data
  throw invalid(
    parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'),
    parsed.error,
  )
}
