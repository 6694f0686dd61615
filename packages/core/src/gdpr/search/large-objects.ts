import type { Queryable } from '../../database/connection.ts'
import type { Place, SearchFor } from './block-search.ts'

/** As it is called in a report: there is no such table for anybody but a superuser. */
export const largeObjects = 'pg_catalog.pg_largeobject'

/** Their oids; nearly always none. */
export async function listLargeObjects(queryable: Queryable): Promise<number[]> {
  const { rows } = await queryable.query<{ oid: number }>(
    'select oid::bigint as oid from pg_catalog.pg_largeobject_metadata order by oid',
  )
  return rows.map(({ oid }) => oid)
}

/** Large objects hold bytes, and are read whole: one at a time. */
export async function locateInObject(queryable: Queryable, oid: number, { needles }: SearchFor): Promise<Place[]> {
  const inBytes = needles.filter((needle) => needle.in !== 'hex')
  const { rows } = await queryable.query<{ term: number }>(
    `select distinct n.term
     from (select lower(encode(lo_get($1::oid), 'escape') collate "C") as hay offset 0) as o
     join unnest($2::text[], $3::int[], $4::text[]) as n (needle, term, pattern)
       on strpos(o.hay, n.needle) > 0 and (n.pattern is null or o.hay ~ n.pattern)`,
    [oid, inBytes.map(({ text }) => text), inBytes.map(({ term }) => term), inBytes.map(({ pattern }) => pattern)],
  )
  return rows.map(({ term }) => ({ column: 'data', term, rows: 1, shared: 0 }))
}
