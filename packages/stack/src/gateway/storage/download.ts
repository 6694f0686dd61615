import type { FileHandle } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { ownHeaders } from '../exchange.ts'
import { byteRange } from './byte-range.ts'
import type { StorageContext, StorageRequest } from './context.ts'
import { refusal } from './error.ts'
import { isVersion } from './file-store.ts'
import type { ObjectRow } from './object-row.ts'

export interface DownloadOptions {
  /** When a signed URL ends, in seconds since 1970. */
  expires?: number
}

/**
 * Streams an object's content, no faster than the client takes it.
 * @param find asks for the object's row, by the rights that count here; asked again when the content changed under the reader's hands
 * @throws StorageError 404 when there is no object, or no file where one should be; 416 for a range that is none
 */
export async function download(
  context: StorageContext,
  request: StorageRequest,
  find: () => Promise<ObjectRow | undefined>,
  options: DownloadOptions = {},
): Promise<undefined> {
  const { row, file } = await openCurrent(context, find)
  try {
    const { size } = await file.stat()
    await send(request, row, file, size, options)
  } finally {
    await file.close().catch(() => undefined)
  }
}

/** Between the look at the row and the opening, an upload may have put another file in its place. */
async function openCurrent(context: StorageContext, find: () => Promise<ObjectRow | undefined>) {
  let missing: string | null | undefined
  for (;;) {
    const row = await find()
    if (row === undefined) throw refusal.noSuchKey()
    const file = row.version !== null && isVersion(row.version) ? await context.files.open(row.version) : undefined
    if (file !== undefined) return { row, file }
    // A row that goes on without a file: the folder was emptied by hand, or the database came from elsewhere.
    if (row.version === missing) throw refusal.noFile()
    missing = row.version
  }
}

async function send(
  { exchange, query }: StorageRequest,
  row: ObjectRow,
  file: FileHandle,
  size: number,
  { expires }: DownloadOptions,
) {
  const { request, response } = exchange
  const metadata = row.metadata ?? {}
  const eTag = metadata.eTag ?? `"${row.version}"`
  const modified = new Date(metadata.lastModified ?? row.updated_at)
  const headers = [
    ...ownHeaders(exchange),
    ...['ETag', eTag, 'Last-Modified', modified.toUTCString(), 'Accept-Ranges', 'bytes', 'X-Robots-Tag', 'none'],
    ...(expires === undefined
      ? ['Cache-Control', headerText(metadata.cacheControl ?? 'no-cache')]
      : ['Expires', new Date(expires * 1000).toUTCString()]),
  ]
  if (isUnchanged(request.headers['if-none-match'], request.headers['if-modified-since'], eTag, modified)) {
    response.writeHead(304, headers)
    response.end()
    return
  }
  const { range: asked } = request.headers
  const range = asked === undefined ? undefined : byteRange(asked, size)
  if (range !== undefined) headers.push('Content-Range', `bytes ${range.start}-${range.end}/${size}`)
  const length = range === undefined ? size : range.end - range.start + 1
  headers.push('Content-Type', contentType(metadata.mimetype), 'Content-Length', String(length))
  const name = query.get('download')
  if (name !== null) headers.push('Content-Disposition', disposition(name))
  response.writeHead(range === undefined ? 200 : 206, headers)
  if (request.method === 'HEAD' || length === 0) {
    response.end()
    return
  }
  const content = file.createReadStream({ autoClose: false, ...(range ?? { start: 0, end: size - 1 }) })
  // The answer has begun: who leaves before its end, or a disk that fails, can only cut it short.
  await pipeline(content, response).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') exchange.error = error.code ?? error.name
    response.destroy()
  })
}

/** Whether the client's copy is still good (RFC 9110, 13.1): an entity tag, when there is one, decides alone. */
function isUnchanged(tags: string | undefined, since: string | undefined, eTag: string, modified: Date): boolean {
  if (tags !== undefined) {
    return tags.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === eTag)
  }
  if (since === undefined) return false
  const seconds = Date.parse(since) / 1000
  return Number.isFinite(seconds) && Math.floor(modified.getTime() / 1000) <= seconds
}

// A page that somebody uploaded must not run as one, under this address.
function contentType(mimeType: string | undefined) {
  if (mimeType === undefined || mimeType === '') return 'application/octet-stream'
  return mimeType.includes('text/html') ? 'text/plain' : headerText(mimeType)
}

function disposition(name: string) {
  if (name === '') return 'attachment;'
  const encoded = encodeURIComponent(name)
  return `attachment; filename=${encoded}; filename*=UTF-8''${encoded}`
}

/** Without what no header may hold: a form can give a field any text. */
function headerText(text: string) {
  return text.replace(/[^\t\x20-\x7e]/g, '')
}
