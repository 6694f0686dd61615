import type { StorageTransaction } from './database.ts'

export interface ListOptions {
  bucket: string
  /** Folder, with its `/` at the end; empty for the bucket's own. */
  folder: string
  /** What the names in it begin with. */
  search: string
  limit: number
  offset: number
  column: ListColumn
  order: 'asc' | 'desc'
}

export const listColumns = ['name', 'updated_at', 'created_at', 'last_accessed_at'] as const
export type ListColumn = (typeof listColumns)[number]

/** A file, or a folder: something that names of files begin with. Of a folder everything but the name is null. */
export interface ListEntry {
  name: string
  id: string | null
  updated_at: Date | null
  created_at: Date | null
  last_accessed_at: Date | null
  metadata: Record<string, unknown> | null
}

/**
 * What lies in one folder, as far as the caller may see it. Names are relative to the folder and compared without case, as Storage
 * does; sorted by name, folders stand among the files, sorted by a time before them.
 */
export async function listFolder(transaction: StorageTransaction, options: ListOptions): Promise<ListEntry[]> {
  const { bucket, folder, search, limit, offset, column, order } = options
  const sorted =
    column === 'name'
      ? `lower(name) collate "C" ${order}, name collate "C" ${order}`
      : `id is null desc, ${column} ${order}, name collate "C" ${order}`
  const { rows } = await transaction.query<ListEntry>(
    `with matching as (
       select o.*, strpos(substr(o.name, length($2) + 1), '/') as slash
       from storage.objects o
       where o.bucket_id = $1
         and lower(o.name) collate "C" >= lower($2)
         -- The last code point there is: every name that begins with $2 is below.
         and lower(o.name) collate "C" <= lower($2) || chr(1114111)
         and starts_with(lower(o.name), lower($2))
     ), entries as (
       select distinct substr(left(m.name, length($2) + m.slash - 1), length($3) + 1) as name, null::uuid as id,
         null::timestamptz as updated_at, null::timestamptz as created_at, null::timestamptz as last_accessed_at,
         null::jsonb as metadata
       from matching m
       where m.slash > 0
       union all
       select substr(m.name, length($3) + 1), m.id, m.updated_at, m.created_at, m.last_accessed_at, m.metadata
       from matching m
       where m.slash = 0
     )
     select * from entries order by ${sorted} limit $4 offset $5`,
    [bucket, folder + search, folder, limit, offset],
  )
  return rows
}
