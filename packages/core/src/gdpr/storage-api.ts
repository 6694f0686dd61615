import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { ExitCode, JourneysError } from '../errors.ts'
import type { StorageAccess } from './erasure/context.ts'

/** How often a request is tried in all: a service that restarts is back within some seconds. */
const attempts = 5
const firstPauseMs = 200
const answerTimeoutMs = 30_000
/** Above this somebody should rather be told than kept waiting. */
const longestPauseMs = 10_000

const buckets = z.array(z.object({ id: z.string() }))
const entries = z.array(z.object({ name: z.string() }))
const removed = z.array(z.object({ name: z.string() }))

/** Names of all buckets. */
export async function listBuckets(access: StorageAccess, signal?: AbortSignal): Promise<string[]> {
  return (await call(access, 'GET', '/bucket', undefined, buckets, signal)).map(({ id }) => id)
}

/** Whether anything at all lies in this folder, as the API sees it: a file, or a folder with some in it. */
export async function folderHasFiles(
  access: StorageAccess,
  bucket: string,
  folder: string,
  signal?: AbortSignal,
): Promise<boolean> {
  const body = { prefix: `${folder}/`, limit: 1, offset: 0 }
  const path = `/object/list/${encodeURIComponent(bucket)}`
  return (await call(access, 'POST', path, body, entries, signal)).length > 0
}

/** Removes files with their rows. @returns how many the API says are gone; one that was not there any more is not counted */
export async function removeFiles(
  access: StorageAccess,
  bucket: string,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<number> {
  const path = `/object/${encodeURIComponent(bucket)}`
  return (await call(access, 'DELETE', path, { prefixes: names }, removed, signal)).length
}

/**
 * One request, again after 429, 5xx and a lost connection.
 * @throws JourneysError `storage_unreachable` (exit code 4), `storage_refused`; neither with a name of a file in it
 */
async function call<T>(
  access: StorageAccess,
  method: string,
  path: string,
  body: object | undefined,
  schema: z.ZodType<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    signal?.throwIfAborted()
    const answer = await send(access, method, path, body, signal)
    if (answer instanceof Response && answer.ok) return schema.parse(await answer.json())
    const again = !(answer instanceof Response) || answer.status === 429 || answer.status >= 500
    if (!again || attempt >= attempts) throw await problem(access, answer)
    const asked = answer instanceof Response ? Number(answer.headers.get('retry-after')) * 1000 : 0
    if (answer instanceof Response) await answer.body?.cancel()
    const ceiling = firstPauseMs * 2 ** (attempt - 1)
    const pause = Math.max(ceiling / 4 + Math.random() * ceiling, Number.isFinite(asked) ? asked : 0)
    await sleep(Math.min(pause, longestPauseMs), undefined, signal ? { signal } : {})
  }
}

async function send(
  { url, serviceRoleKey }: StorageAccess,
  method: string,
  path: string,
  body: object | undefined,
  signal: AbortSignal | undefined,
): Promise<Response | Error> {
  try {
    return await fetch(new URL(`/storage/v1${path}`, url), {
      method,
      headers: {
        apikey: serviceRoleKey,
        authorization: `Bearer ${serviceRoleKey}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.any([AbortSignal.timeout(answerTimeoutMs), ...(signal ? [signal] : [])]),
      // A key must not follow to wherever somebody points.
      redirect: 'error',
    })
  } catch (error) {
    if (signal?.aborted) throw error
    return error instanceof Error ? error : new Error(String(error))
  }
}

async function problem({ url }: StorageAccess, answer: Response | Error): Promise<JourneysError> {
  if (!(answer instanceof Response)) {
    return new JourneysError('storage_unreachable', 'The Storage API cannot be reached', {
      detail: `${new URL(url).origin}: ${rootMessage(answer)}, ${attempts} times`,
      hint: 'journeys health --only api says what answers',
      exitCode: ExitCode.unreachable,
      cause: answer,
    })
  }
  const refused = answer.status < 500 && answer.status !== 429
  const text = await answer.text().catch(() => '')
  return new JourneysError(
    refused ? 'storage_refused' : 'storage_unreachable',
    refused ? 'The Storage API refuses to list or remove files' : 'The Storage API does not work',
    {
      // Its own code only: a message may name a file, and a name may name its owner.
      detail: `${new URL(url).origin} answers ${answer.status} ${codeOf(text)}`.trim(),
      hint: refused
        ? 'check SUPABASE_SERVICE_ROLE_KEY: the key of the service role is needed'
        : 'journeys health --only api says what answers',
      exitCode: refused ? ExitCode.failed : ExitCode.unreachable,
    },
  )
}

function codeOf(text: string): string {
  const shape = z.object({ code: z.string().optional(), error: z.string().optional() })
  try {
    const { code, error } = shape.parse(JSON.parse(text))
    return code ?? error ?? ''
  } catch {
    return ''
  }
}

/** fetch says "fetch failed" and keeps what failed behind it. */
function rootMessage(error: Error): string {
  return error.cause instanceof Error ? rootMessage(error.cause) : error.message
}
