import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { ExitCode, JourneysError } from '../../errors.ts'
import type { StorageAccess } from '../erasure/context.ts'

/** A row of storage.objects: a file that the person uploaded. */
export interface UploadedFile {
  bucket: string
  /** With its folders. */
  name: string
  /** As recorded; null where nothing is. */
  bytes: number | null
  mimeType: string | null
  updatedAt: Date
}

const attempts = 4

/**
 * Opens the content of an uploaded file, through the Storage API. A server that is busy is asked again; a stream that breaks is not.
 * @returns `undefined` when there is a row and no file
 * @throws JourneysError `storage_unreachable` (exit code 4), `storage_refused`
 */
export async function openUploadedFile(
  storage: StorageAccess,
  { bucket, name }: Pick<UploadedFile, 'bucket' | 'name'>,
  signal: AbortSignal | undefined,
): Promise<Readable | undefined> {
  const path = [bucket, ...name.split('/')].map(encodeURIComponent).join('/')
  const url = `${storage.url.replace(/\/+$/, '')}/storage/v1/object/authenticated/${path}`
  const headers = { apikey: storage.serviceRoleKey, authorization: `Bearer ${storage.serviceRoleKey}` }
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted()
    const response = await fetch(url, {
      headers,
      // A key must not follow to wherever somebody points.
      redirect: 'error',
      ...(signal && { signal }),
    }).catch((error: unknown) => {
      signal?.throwIfAborted()
      if (attempt >= attempts) throw unreachable(storage, error)
    })
    if (response?.ok) return response.body === null ? Readable.from([]) : Readable.fromWeb(response.body as never)
    if (response !== undefined) {
      const said = (await response.text().catch(() => '')).slice(0, 300)
      if (isMissing(response.status, said)) return undefined
      const isBusy = response.status >= 500 || response.status === 429
      if (!isBusy || attempt >= attempts) throw refused(bucket, name, response.status, said)
    }
    await sleep(250 * 2 ** attempt * (0.5 + Math.random()), undefined, signal ? { signal } : {})
  }
}

/** Storage says 404 in the body of a 400. */
function isMissing(status: number, said: string): boolean {
  return status === 404 || (status === 400 && /"statusCode"\s*:\s*"404"|not.?found/i.test(said))
}

function unreachable({ url }: StorageAccess, error: unknown): JourneysError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return new JourneysError('storage_unreachable', 'The Storage API cannot be reached; no export was made', {
    detail: `${url}: ${cause instanceof Error ? cause.message : String(cause)}`,
    hint: 'journeys health --only api says whether it answers',
    exitCode: ExitCode.unreachable,
    cause: error,
  })
}

function refused(bucket: string, name: string, status: number, said: string): JourneysError {
  return new JourneysError('storage_refused', `Storage does not give out ${bucket}/${name}; no export was made`, {
    detail: `HTTP ${status} ${said}`.trim(),
    hint:
      status === 401 || status === 403
        ? 'check SUPABASE_SERVICE_ROLE_KEY of this environment'
        : 'journeys health --only api says how it is; then run the export again',
  })
}
