import { z } from 'zod'
import { limits } from './limits.ts'

/** A picture or a recording that belongs to a journal entry. */
export interface MediaFile {
  readonly id: string
  readonly entryId: string
  /** Where it is in the bucket: what `url`, `download` and `remove` take. */
  readonly path: string
  readonly contentType: string
  /** Bytes. */
  readonly size: number
  /** ISO 8601 with offset. */
  readonly createdAt: string
}

/** What storage says of a file in a folder. */
export interface StoredObject {
  id: string | null
  name: string
  created_at: string | null
  metadata: Record<string, unknown> | null
}

export const mediaEntryId = z.guid()
export const mediaSeconds = z.number().int().min(1).max(limits.media.urlSeconds)

/** `image/jpeg` of `image/JPEG; q=1`. */
export function baseType(contentType: string): string {
  return (contentType.split(';')[0] ?? '').trim().toLowerCase()
}

export const mediaContentSchema = z.object({
  contentType: z.string().refine(isMediaType, `must be audio, or one of ${limits.media.imageTypes.join(', ')}`),
  size: z.number().max(limits.media.maxBytes, `must have at most ${limits.media.maxBytes} bytes`),
})

function isMediaType(contentType: string): boolean {
  return contentType.startsWith('audio/') || limits.media.imageTypes.some((type) => type === contentType)
}

/** A name for a new file, whose ending lets other programs know it. */
export function mediaName(id: string, contentType: string): string {
  const subtype = contentType.split('/')[1] ?? ''
  return `${id}.${endings[subtype] ?? subtype.replace(/^x-/, '').replace(/[^a-z0-9]/g, '')}`
}

const endings: Record<string, string> = { jpeg: 'jpg', mpeg: 'mp3', mp4: 'm4a' }

export function mediaFromObject(userId: string, entryId: string, object: StoredObject): MediaFile {
  const { mimetype, size } = object.metadata ?? {}
  return {
    id: object.name.split('.')[0] ?? object.name,
    entryId,
    path: mediaPath(userId, entryId, object.name),
    contentType: typeof mimetype === 'string' ? mimetype : 'application/octet-stream',
    size: typeof size === 'number' ? size : 0,
    createdAt: object.created_at ?? '',
  }
}

/** The person's folder first: the policies look at nothing else. */
export function mediaPath(userId: string, entryId: string, name: string): string {
  return `${userId}/${entryId}/${name}`
}
