import { Busboy, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy'
import type { Exchange } from '../exchange.ts'
import { refusal, StorageError } from './error.ts'

/** A file on its way in. Its content has to be read, or the request thrown away. */
export interface IncomingFile {
  content: AsyncIterable<Uint8Array>
  mimeType: string
  cacheControl: string
  userMetadata: Record<string, unknown> | null
  /** What the client says it will be; of a form, the form's own length. */
  declaredLength: number | undefined
  /** Leaves the request as it is, to be thrown away. */
  abandon(): void
}

/** Custom metadata of one object. */
const METADATA_BYTES = 1024 * 1024

/**
 * The file that a request brings: as its body, or as the one file of a form, which is how supabase-js sends a Blob.
 * @throws StorageError 400 `InvalidRequest` when there is none
 */
export async function incomingFile(exchange: Exchange): Promise<IncomingFile> {
  const type = exchange.request.headers['content-type']
  return type?.startsWith('multipart/form-data') ? await fileOfForm(exchange) : fileOfBody(exchange)
}

function fileOfBody({ request, head }: Exchange): IncomingFile {
  const { 'content-type': mimeType, 'cache-control': cacheControl, 'x-metadata': metadata } = request.headers
  return {
    // Ending early, for a file that is too large, must not destroy the request: with it would go the answer that says why.
    content: { [Symbol.asyncIterator]: () => request.iterator({ destroyOnReturn: false }) },
    mimeType: mimeType ?? 'application/octet-stream',
    cacheControl: cacheControl ?? 'no-cache',
    userMetadata: typeof metadata === 'string' ? userMetadata(Buffer.from(metadata, 'base64').toString()) : null,
    declaredLength: head.contentLength,
    abandon: () => undefined,
  }
}

function fileOfForm({ request, head }: Exchange): Promise<IncomingFile> {
  return new Promise((resolve, reject) => {
    const noContent = () => reject(refusal.invalidRequest('No content provided'))
    let form: BusboyInstance
    try {
      form = new Busboy({
        headers: { ...request.headers, 'content-type': request.headers['content-type'] ?? '' },
        limits: { fields: 10, files: 1, fieldSize: METADATA_BYTES + 1 },
      })
    } catch {
      return noContent()
    }
    const fields = new Map<string, string>()
    let file: BusboyFileStream | undefined
    const fail = (error: Error) => {
      if (file === undefined) noContent()
      else if (!file.destroyed) file.destroy(error)
    }
    const left = () => {
      if (!request.complete) fail(new Error('the client left before the end of its form'))
    }
    form.on('field', (name, value) => fields.set(name, value))
    form.on('file', (_name, stream, _filename, _encoding, partType) => {
      file = stream
      // Heard here too: an error between now and the first read would otherwise end the process.
      stream.on('error', () => undefined)
      const seconds = fields.get('cacheControl')
      const abandon = () => {
        request.unpipe(form)
        request.off('close', left)
      }
      try {
        resolve({
          content: stream,
          mimeType: fields.get('contentType') || partType,
          cacheControl: seconds ? `max-age=${seconds}` : 'no-cache',
          userMetadata: userMetadata(fields.get('metadata') ?? fields.get('userMetadata')),
          declaredLength: head.contentLength,
          abandon,
        })
      } catch (error) {
        abandon()
        reject(error)
      }
    })
    form.on('error', (error: unknown) => fail(error instanceof Error ? error : new Error('not a form')))
    form.on('finish', () => {
      if (file === undefined) noContent()
    })
    request.on('close', left)
    request.pipe(form)
  })
}

/** What is not JSON is ignored, as in Storage. */
function userMetadata(text: string | undefined): Record<string, unknown> | null {
  if (text === undefined) return null
  if (Buffer.byteLength(text) > METADATA_BYTES) {
    const message = 'The user_metadata exceeded the maximum allowed size'
    throw new StorageError(413, 'EntityTooLarge', 'Payload too large', message)
  }
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' ? (value as Record<string, unknown> | null) : null
  } catch {
    return null
  }
}
