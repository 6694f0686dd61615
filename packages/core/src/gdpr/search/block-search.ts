import type { Queryable } from '../../database/connection.ts'
import { sqlIdentifier } from '../../database/identifier.ts'
import { isUuid, type Needle } from './needle.ts'
import type { SearchedColumn, SearchedTable } from './search-tables.ts'
import type { SearchTerm } from './term.ts'

/** The terms, and every way in which they can be written. */
export interface SearchFor {
  terms: readonly SearchTerm[]
  needles: readonly Needle[]
}

/** Where in a table something was found. */
export interface Place {
  column: string
  term: number
  rows: number
  /** In rows that belong to another living person. */
  shared: number
}

/** Some blocks of a table, looked at together. */
export interface BlockGroup {
  block: number
  /** `null`: they were too large to be counted on the way. */
  rows: number | null
  /** Terms that may be in it, and are worth a look row by row; `null`: whichever. */
  terms: number[] | null
  /** There are \uXXXX in it, which could spell anything. */
  escaped: boolean
}

/** Between values, so that no term spans two of them. */
const separator = '\u0001'

/**
 * The fast look. One search per row, column and term costs mostly the call. So the rows of a few blocks become one text of some
 * hundred kilobytes, and one regular expression goes through it for all needles at once: Postgres makes a finite automaton of it,
 * whose pace hardly depends on how many there are. Only where that sees something, each needle is looked for by itself.
 *
 * @param range.groupBlocks how many blocks make one text
 */
export async function scanBlocks(
  queryable: Queryable,
  table: SearchedTable,
  wanted: SearchFor,
  range: { from: number; to: number; groupBlocks: number },
): Promise<BlockGroup[]> {
  const { pieces, hits, values } = fastParts(table, wanted)
  const needles = needlesFor(table, wanted.needles)
  const texts = needles.map(({ text }) => text)
  const typed = typedTerms(table, wanted.terms)
  const { rows } = await queryable.query<Omit<BlockGroup, 'terms'> & { hit: boolean; seen: number[] }>(
    `select
       g.block,
       r.rows,
       r.hit,
       case when s.seen then array(
         select n.index::int
         from (select lower(r.hay) as hay offset 0) as l
         cross join unnest($4::text[]) with ordinality as n (needle, index)
         where strpos(l.hay, n.needle) > 0
       ) else '{}' end as seen,
       case when s.seen then r.hay ~ '\\\\[uU][0-9a-fA-F]{4}' else false end as escaped
     from generate_series($1::bigint, $2::bigint - 1, $3::bigint) as g (block)
     cross join lateral (
       select
         count(*) as rows,
         coalesce(string_agg(${pieces}, '${separator}'), '') collate "C" as hay,
         coalesce(bool_or(${hits}), false) as hit
       from only ${sqlIdentifier(table.schema, table.name)} as t
       where t.ctid >= format('(%s,0)', g.block)::tid
         and t.ctid < format('(%s,0)', least(g.block + $3::bigint, $2::bigint))::tid
     ) as r
     cross join lateral (select r.hay ~ $5 as seen offset 0) as s`,
    [range.from, range.to, range.groupBlocks, texts, anyOf(texts), ...values],
  )
  return rows.map(({ hit, seen, ...group }) => ({
    ...group,
    terms: [...new Set([...seen.map((index) => needles[index - 1]?.term ?? 0), ...(hit ? typed : [])])],
  }))
}

/** Terms that are compared with a column as its type allows, and of which one does not learn which it was. */
function typedTerms({ columns }: SearchedTable, terms: readonly SearchTerm[]): number[] {
  const hasWords = columns.some((column) => column.class === 'words')
  return terms.flatMap(({ kind }, term) =>
    kind === 'id' || kind === 'phone' || (kind === 'phrase' && hasWords) ? [term] : [],
  )
}

/** How many rows there are in some blocks. */
export async function countBlocks(
  queryable: Queryable,
  table: SearchedTable,
  { from, to }: { from: number; to: number },
): Promise<number> {
  const { rows } = await queryable.query<{ count: number }>(
    `select count(*) as count from only ${sqlIdentifier(table.schema, table.name)} as t
     where t.ctid >= format('(%s,0)', $1::bigint)::tid and t.ctid < format('(%s,0)', $2::bigint)::tid`,
    [from, to],
  )
  return rows[0]?.count ?? 0
}

/** A regular expression for all of them in any case, and for an escape, which could spell one. */
function anyOf(needles: readonly string[]): string {
  const pieces = new Set(needles.map((needle) => [...needle].slice(0, pieceLength).map(inAnyCase).join('')))
  return ['\\\\[uU][0-9a-fA-F]{4}', ...pieces].join('|')
}

/** So much of a needle tells whether a closer look is worth it; all of it would make the automaton large. */
const pieceLength = 16

function inAnyCase(character: string): string {
  if (/[a-z]/.test(character)) return `[${character}${character.toUpperCase()}]`
  return character > '\u007f' || /[0-9]/.test(character) ? character : `\\${character}`
}

/** What the fast look reads of a row: one text of everything, and a yes or no for types that are compared as they are. */
function fastParts(table: SearchedTable, { terms }: SearchFor) {
  const values: unknown[] = []
  const bind = (value: unknown) => {
    values.push(value)
    return `$${values.length + 5}`
  }
  const texts: string[] = []
  const hits: string[] = []
  const ids = terms.filter(({ text }) => isUuid(text)).map(({ text }) => text)
  const numbers = numbersOf(terms)
  const phrases = terms.filter(({ kind }) => kind === 'phrase').map(({ text }) => text)
  for (const column of table.columns) {
    const name = `t.${sqlIdentifier(column.name)}`
    if (column.class === 'uuid') hits.push(`${name} = any (${bind(ids)}::uuid[])`)
    else if (column.class === 'number') {
      if (numbers.length > 0) hits.push(`${name} = any (${bind(numbers)}::${column.base}[])`)
    } else texts.push(printed(column))
    if (column.class === 'words' && phrases.length > 0) hits.push(`${name} @@ ${anyPhrase(bind(phrases))}`)
  }
  const pieces =
    texts.length === 0 ? 'null::text' : texts.length === 1 ? texts[0] : `concat_ws('${separator}', ${texts})`
  return { pieces, hits: hits.length === 0 ? 'false' : hits.join(' or '), values }
}

/**
 * The exact look, row by row and column by column.
 * @param range.to the block after the last
 * @param terms which of them; `null`: all
 */
export async function locateIn(
  queryable: Queryable,
  table: SearchedTable,
  wanted: SearchFor,
  range: { from: number; to: number },
  terms: readonly number[] | null,
): Promise<Place[]> {
  const needles = needlesFor(table, wanted.needles).filter(({ term }) => terms === null || terms.includes(term))
  const ids = wanted.terms.filter(({ text }) => isUuid(text)).map(({ text }) => text)
  const columns = table.columns.filter((one) => one.class !== 'number' || numbersOf(wanted.terms).length > 0)
  if (columns.length === 0) return []
  const printeds = columns.map((one, index) => `(${index}, ${printed(one)})`)
  const { rows } = await queryable.query<{ column: number; term: number; rows: number; shared: number }>(
    `select v.index as column, n.term, count(distinct t.ctid) as rows,
       count(distinct t.ctid) filter (where ${belongsToAnother(table, '$6')}) as shared
     from only ${sqlIdentifier(table.schema, table.name)} as t
     cross join lateral (
       select p.index, lower(p.text collate "C") as hay
       from (values ${printeds.join(', ')}) as p (index, text)
       -- Beginning with a regular expression costs more than a short value is worth.
       where octet_length(p.text) < 1000 or p.text collate "C" ~ $7
       offset 0
     ) as v
     join unnest($3::text[], $4::int[], $5::text[]) as n (needle, term, pattern)
       on strpos(v.hay, n.needle) > 0 and (n.pattern is null or v.hay ~ n.pattern)
     where t.ctid >= format('(%s,0)', $1::bigint)::tid and t.ctid < format('(%s,0)', $2::bigint)::tid and $6::uuid[] is not null
     group by v.index, n.term`,
    [
      range.from,
      range.to,
      needles.map(({ text }) => text),
      needles.map(({ term }) => term),
      needles.map(({ pattern }) => pattern),
      ids,
      anyOf(needles.map(({ text }) => text)),
    ],
  )
  const places = rows.map(({ column, ...place }) => ({ ...place, column: columns[column]?.name ?? '' }))
  for (const column of columns.filter((one) => one.class === 'words')) {
    places.push(...(await phrasesIn(queryable, table, column, wanted, range)))
  }
  return places
}

/** A tsvector holds words without their order in the text: a phrase is found by the words and their positions. */
async function phrasesIn(
  queryable: Queryable,
  table: SearchedTable,
  column: SearchedColumn,
  { terms }: SearchFor,
  range: { from: number; to: number },
): Promise<Place[]> {
  const phrases = terms.flatMap(({ kind, text }, term) => (kind === 'phrase' ? [{ text, term }] : []))
  const { rows } = await queryable.query<{ term: number; rows: number }>(
    `select n.term, count(*) as rows
     from only ${sqlIdentifier(table.schema, table.name)} as t
     join (
       select p.term, ${phraseQueries('p.phrase')} as query from unnest($3::text[], $4::int[]) as p (phrase, term)
     ) as n on t.${sqlIdentifier(column.name)} @@ n.query
     where t.ctid >= format('(%s,0)', $1::bigint)::tid and t.ctid < format('(%s,0)', $2::bigint)::tid
     group by n.term`,
    [range.from, range.to, phrases.map(({ text }) => text), phrases.map(({ term }) => term)],
  )
  return rows.map((row) => ({ ...row, column: column.name, shared: 0 }))
}

/** Values with \uXXXX in them, with what is needed to judge them here: only JavaScript reads such an escape whatever else is around it. */
export async function readEscaped(
  queryable: Queryable,
  table: SearchedTable,
  wanted: SearchFor,
  range: { from: number; to: number },
): Promise<{ column: string; text: string; shared: boolean }[]> {
  const columns = table.columns.filter((one) => one.class === 'text' || one.class === 'bytes')
  const hays = columns.map((one, index) => `(${index}, (${printed(one)}))`)
  const ids = wanted.terms.filter(({ text }) => isUuid(text)).map(({ text }) => text)
  const { rows } = await queryable.query<{ index: number; text: string; shared: boolean }>(
    `select v.index, v.hay as text, ${belongsToAnother(table, '$3')} as shared
     from only ${sqlIdentifier(table.schema, table.name)} as t
     cross join lateral (values ${hays.join(', ')}) as v (index, hay)
     where t.ctid >= format('(%s,0)', $1::bigint)::tid and t.ctid < format('(%s,0)', $2::bigint)::tid
       and $3::uuid[] is not null and v.hay ~ '\\\\[uU][0-9a-fA-F]{4}'`,
    [range.from, range.to, ids],
  )
  return rows.map(({ index, text, shared }) => ({ column: columns[index]?.name ?? '', text, shared }))
}

/** What a column prints; bytes as text with escapes, so that what is text in them stays text. */
function printed({ name, class: kind }: SearchedColumn): string {
  const column = `t.${sqlIdentifier(name)}`
  return kind === 'bytes' ? `encode(${column}, 'escape')` : `${column}::text`
}

/** Whether a row belongs to somebody else who has an account: never one of the ids that are searched for. */
function belongsToAnother({ owners }: SearchedTable, ids: string): string {
  if (owners.length === 0) return 'false'
  const uuids = owners.map(({ name, isUuid: isId }) => {
    const column = `t.${sqlIdentifier(name)}`
    return isId
      ? column
      : `case when ${column} ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then ${column}::uuid end`
  })
  return `exists (select from auth.users as u where u.id in (${uuids.join(', ')}) and u.id <> all (${ids}::uuid[]))`
}

/** Needles that a table has columns for. */
function needlesFor({ columns }: SearchedTable, needles: readonly Needle[]): Needle[] {
  const hasBytes = columns.some((one) => one.class === 'bytes')
  const hasHex = columns.some((one) => one.hasHex)
  return needles.filter((needle) => needle.in === 'text' || (needle.in === 'bytes' ? hasBytes : hasHex))
}

function numbersOf(terms: readonly SearchTerm[]): string[] {
  return terms.flatMap(({ kind, text }) => {
    const digits = kind === 'phone' ? text.replace(/\D/g, '') : text
    return (kind === 'phone' || kind === 'id') && /^[1-9]\d{5,17}$/.test(digits) ? [digits] : []
  })
}

function anyPhrase(phrases: string): string {
  return `any (array(select ${phraseQueries('phrase')} from unnest(${phrases}::text[]) as phrase))`
}

/** As the words are, and as the database's own dictionary shortens them. */
function phraseQueries(phrase: string): string {
  return `(phraseto_tsquery('simple', ${phrase}) || phraseto_tsquery(${phrase}))`
}
