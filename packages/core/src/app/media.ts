import type { Identity } from '../cache/signed-in-user.ts'
import { type AppContext, type CachedReadOptions, readOwn } from './app-context.ts'
import { parseInput } from './input.ts'
import {
  baseType,
  type MediaFile,
  mediaContentSchema,
  mediaEntryId,
  mediaFromObject,
  mediaName,
  mediaPath,
  mediaSeconds,
} from './media-file.ts'
import { requestError } from './request-error.ts'

export interface NewMedia {
  /**
   * What it is, such as `image/jpeg`.
   *
   * @defaultValue the Blob's own type
   */
  contentType?: string | undefined
}

export interface MediaUrlOptions {
  /**
   * How long the URL works. Whoever has it needs no other right.
   *
   * @defaultValue 3600
   */
  seconds?: number | undefined
}

/**
 * Pictures and recordings of journal entries, in a private bucket, in a folder of the signed-in user. Every call throws
 * `not_signed_in` and `unreachable` besides its own.
 */
export interface Media {
  /**
   * Keeps a file with an entry.
   *
   * @throws JourneysError `invalid_input` for a type that is neither a picture nor audio and for more than 10 MB, before
   *   anything is sent.
   */
  add(entryId: string, content: Blob | Uint8Array, options?: NewMedia): Promise<MediaFile>
  /** The files of an entry, oldest first, from the cache for up to five minutes. */
  list(entryId: string, options?: CachedReadOptions): Promise<MediaFile[]>
  /**
   * A URL for an `<img>` or `<audio>`.
   *
   * @throws JourneysError `not_found`.
   */
  url(file: Pick<MediaFile, 'path'>, options?: MediaUrlOptions): Promise<string>
  /** @throws JourneysError `not_found`. */
  download(file: Pick<MediaFile, 'path'>): Promise<Blob>
  /** Removes files, and says how many were there. */
  remove(...files: Pick<MediaFile, 'path'>[]): Promise<number>
}

const bucket = 'entry-media'
const tables = ['media']
/** More than an entry will have; the server's page is no longer. */
const MOST_FILES = 1000

export function createMedia(context: AppContext): Media {
  const { supabase, queries } = context
  /** The bucket as one user sees it, whoever is signed in by the time a request leaves. */
  const filesOf = (identity: Identity) =>
    supabase.storage.from(bucket).setHeader('Authorization', `Bearer ${identity.accessToken}`)

  return {
    async add(entryId, content, options = {}) {
      const entry = parseInput(mediaEntryId, entryId, 'id of a journal entry')
      const isBlob = content instanceof Blob
      const contentType = baseType(options.contentType ?? (isBlob ? content.type : ''))
      const size = isBlob ? content.size : content.byteLength
      parseInput(mediaContentSchema, { contentType, size }, 'picture or recording')
      return queries.write(tables, async (identity) => {
        const id = crypto.randomUUID()
        const name = mediaName(id, contentType)
        const path = mediaPath(identity.userId, entry, name)
        // A Blob says its own type; of one that says it with parameters (codecs), storage would not know the type.
        const body = isBlob ? content.slice(0, size, contentType) : content
        await answered(filesOf(identity).upload(path, body, { contentType, cacheControl: '3600' }))
        return { id, entryId: entry, path, contentType, size, createdAt: new Date(context.clock.now()).toISOString() }
      })
    },

    list(entryId, options = {}) {
      const entry = parseInput(mediaEntryId, entryId, 'id of a journal entry')
      return readOwn(
        context,
        `media of ${entry}`,
        async (identity) => {
          const folder = mediaPath(identity.userId, entry, '')
          const page = { limit: MOST_FILES, sortBy: { column: 'created_at', order: 'asc' } }
          const objects = await answered(filesOf(identity).list(folder, page))
          return objects
            .filter((object) => object.id !== null)
            .map((object) => mediaFromObject(identity.userId, entry, object))
        },
        { tables, fresh: options.fresh },
      )
    },

    async url({ path }, { seconds = 3600 } = {}) {
      const life = parseInput(mediaSeconds, seconds, 'life of a URL')
      const identity = await context.user.require()
      return (await answered(filesOf(identity).createSignedUrl(path, life))).signedUrl
    },

    async download({ path }) {
      const identity = await context.user.require()
      return await answered(filesOf(identity).download(path))
    },

    async remove(...files) {
      if (files.length === 0) return 0
      const paths = files.map(({ path }) => path)
      return await queries.write(tables, async (identity) => (await answered(filesOf(identity).remove(paths))).length)
    },
  }
}

interface StorageAnswer<T> {
  data: T | null
  error: { message: string; statusCode?: string | undefined } | null
}

/** Storage answers 400 to nearly everything; what it was is in `statusCode`. 544 is a database that does not answer. */
async function answered<T>(request: PromiseLike<StorageAnswer<T>>): Promise<T> {
  const { data, error } = await request
  if (error === null && data !== null) return data
  const status = Number(error?.statusCode ?? 0)
  throw requestError({ status: status === 544 ? 503 : status, error: { message: error?.message ?? 'no answer' } })
}
