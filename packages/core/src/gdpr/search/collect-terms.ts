import type { Queryable } from '../../database/connection.ts'
import { sqlIdentifier } from '../../database/identifier.ts'
import { decisionsOf, type PersonalDataMap } from '../map.ts'
import { looksLikePerson } from '../map-person-column.ts'
import { type Column, readReach } from '../map-reach.ts'
import type { Person } from '../person.ts'
import { isUuid } from './needle.ts'
import { distinctPhrases } from './phrase.ts'
import type { SearchTerm } from './term.ts'

/** Ids of so many rows of a table; a row left behind is rarely alone. */
const idsPerTable = 8
const mostIds = 40
/** Texts of so many rows of a table, spread over all of the person's rows in it. */
const textsPerTable = 180
/** Rows that a sample is taken from, at most: the account is locked meanwhile. */
const mostRows = 20_000
/** Texts of other people that no phrase may be in: a template of the app says nothing about a person. */
const othersPerTable = 400

/** A table with rows of the person, and what of it leads back to them. */
interface Source {
  table: string
  quoted: string
  /** `t."user_id" = $1::uuid or …` */
  isTheirs: string
  ids: string[]
  names: string[]
  texts: string[]
  documents: string[]
}

/**
 * What to search the database for once the person is erased: their ids, addresses, numbers and names, and phrases of what they
 * wrote, from many entries. Only of columns that the map erases or overwrites: what is kept by law may be found.
 *
 * The user's id comes first. To be sealed: this is personal data.
 */
export async function collectTerms(
  queryable: Queryable,
  map: PersonalDataMap,
  person: Pick<Person, 'id' | 'email'>,
): Promise<SearchTerm[]> {
  const terms = new TermList()
  terms.add('id', person.id)
  terms.add('email', person.email)
  await addAccount(queryable, terms, person.id)
  const texts: string[] = []
  const others: string[] = []
  for (const source of await sourcesOf(queryable, map)) {
    const rows = await sampleOf(queryable, source, person.id)
    for (const row of rows.slice(0, idsPerTable)) for (const id of row.ids) terms.add('id', id)
    for (const row of rows) {
      for (const name of row.names) terms.add('name', name)
      texts.push(...row.texts.filter(isText), ...row.documents.flatMap(stringsIn))
    }
    if (rows.length > 0 && source.texts.length > 0) others.push(...(await textsOfOthers(queryable, source, person.id)))
  }
  for (const name of await fileNames(queryable, person.id)) {
    for (const id of name.match(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi) ?? []) terms.add('id', id)
    const own = name.split('/').at(-1) ?? ''
    if (own.length >= 24 && !isUuid(own.replace(/\.[^.]*$/, ''))) terms.add('phrase', own)
  }
  for (const phrase of distinctPhrases(texts, others)) terms.add('phrase', phrase)
  return terms.list
}

/** Each term once, the ids not without end. */
class TermList {
  readonly list: SearchTerm[] = []
  private readonly seen = new Set<string>()

  add(kind: SearchTerm['kind'], text: unknown): void {
    if (!isText(text)) return
    const trimmed = text.trim()
    const written = kind === 'name' && /^\S+@\S+\.\S+$/.test(trimmed) ? 'email' : kind
    if (!isTelling(written, trimmed) || this.seen.has(`${written} ${trimmed.toLowerCase()}`)) return
    if (written === 'id' && this.list.filter((term) => term.kind === 'id').length >= mostIds) return
    this.seen.add(`${written} ${trimmed.toLowerCase()}`)
    this.list.push({ kind: written, text: trimmed })
  }
}

/** Whether finding it would mean anything. */
function isTelling(kind: SearchTerm['kind'], text: string): boolean {
  switch (kind) {
    case 'id':
      return isUuid(text) || text.length >= 8
    case 'phone':
      return text.replace(/\D/g, '').length >= 7
    case 'name':
      // Two letters are a word of some language; two ideographs are a name.
      return text.length >= (/^[ -~]*$/.test(text) ? 3 : 2) && /\p{L}/u.test(text)
    default:
      return text !== ''
  }
}

const nameKeys =
  /^(display|full|first|last|given|family|middle|nick|preferred|user)?_?name$|^nickname$|^preferred_username$/i
/** Where a plain `name` is that of somebody: elsewhere it is that of a thing, of a metric or a list. */
const tableOfPeople = /profile|person|people|user|member|contact|customer/i
const phoneKeys = /^phone(_?number)?$/i
const emailKeys = /^e?mail(_?address)?$/i

/** What the account itself says, whichever of auth's columns this project has. */
async function addAccount(queryable: Queryable, terms: TermList, id: string): Promise<void> {
  const { rows } = await queryable.query<{ account: Record<string, unknown> }>(
    'select to_jsonb(u) as account from auth.users as u where u.id = $1::uuid',
    [id],
  )
  for (const { account } of rows) {
    for (const key of ['email', 'email_change']) terms.add('email', account[key])
    for (const key of ['phone', 'phone_change']) terms.add('phone', account[key])
    addMetadata(terms, account.raw_user_meta_data)
  }
  const { rows: identities } = await queryable.query<{ identity: Record<string, unknown> }>(
    'select to_jsonb(i) as identity from auth.identities as i where i.user_id = $1::uuid',
    [id],
  )
  for (const { identity } of identities) {
    terms.add('id', identity.provider_id)
    terms.add('email', identity.email)
    addMetadata(terms, identity.identity_data)
  }
}

function addMetadata(terms: TermList, metadata: unknown): void {
  for (const [key, value] of Object.entries(isObject(metadata) ? metadata : {})) {
    if (nameKeys.test(key)) terms.add('name', value)
    else if (phoneKeys.test(key)) terms.add('phone', value)
    else if (emailKeys.test(key)) terms.add('email', value)
  }
}

/** Tables whose rows name their person, with the columns that an erasure empties. */
async function sourcesOf(queryable: Queryable, map: PersonalDataMap): Promise<Source[]> {
  const { relations, foreignKeys } = await readReach(queryable)
  const accountKeys = foreignKeys.filter(({ to }) => to === 'auth.users')
  return [...relations].flatMap(([table, { kind, columns }]): Source[] => {
    const decided = decisionsOf(map, table)
    const keys = accountKeys.filter(({ from }) => from === table).flatMap((edge) => edge.columns)
    const owners = columns.filter(
      (column) => isIdType(column) && (keys.includes(column.name) || looksLikePerson(column) !== undefined),
    )
    // The account is read apart, and in auth and storage nobody writes prose.
    if (kind !== 'table' || table === 'auth.users' || owners.length === 0) return []
    const goes = columns.filter(({ name, isArray }) => {
      const strategy = decided.get(name)?.decision.strategy
      return !isArray && (strategy === 'erase' || strategy === 'overwrite')
    })
    const named = (wanted: (column: Column) => boolean) => goes.filter(wanted).map(({ name }) => name)
    const isApp = !/^(auth|storage)\./.test(table)
    return [
      {
        table,
        quoted: sqlIdentifier(...splitLabel(table)),
        isTheirs: owners
          .map(({ name, base }) => `t.${sqlIdentifier(name)} = $1::${base === 'uuid' ? 'uuid' : 'text'}`)
          .join(' or '),
        ids: named(({ name, base }) => name === 'id' && base === 'uuid'),
        names: isApp
          ? named(
              ({ name, base }) =>
                isTextType(base) && nameKeys.test(name) && (name !== 'name' || tableOfPeople.test(table)),
            )
          : [],
        texts: isApp ? named(({ base }) => isTextType(base)) : [],
        documents: isApp ? named(({ base }) => base === 'json' || base === 'jsonb') : [],
      },
    ].filter(({ ids, texts, documents }) => ids.length + texts.length + documents.length > 0)
  })
}

interface SampledRow {
  ids: string[]
  names: unknown[]
  texts: unknown[]
  documents: unknown[]
}

/** Every n-th row of the person, so that the rows are spread over the time in which they were written. */
async function sampleOf(queryable: Queryable, source: Source, id: string): Promise<SampledRow[]> {
  const list = (columns: string[], type: string) =>
    columns.length === 0 ? `'{}'::${type}[]` : `array[${columns.map((name) => `s.${sqlIdentifier(name)}::${type}`)}]`
  const { rows } = await queryable.query<SampledRow>(
    `select ${list(source.ids, 'text')} as ids, ${list(source.names, 'text')} as names,
       ${list(source.texts, 'text')} as texts, ${list(source.documents, 'jsonb')} as documents
     from (
       select t.*, row_number() over () as "journeys:row", count(*) over () as "journeys:rows"
       from (select * from ${source.quoted} as t where ${source.isTheirs} limit ${mostRows}) as t
     ) as s
     where s."journeys:row" % ceil(s."journeys:rows" / ${textsPerTable}.0)::bigint = 0`,
    [id],
  )
  return rows
}

async function textsOfOthers(queryable: Queryable, source: Source, id: string): Promise<string[]> {
  const texts = source.texts.map((name) => `left(t.${sqlIdentifier(name)}::text, 4000)`)
  const { rows } = await queryable.query<{ texts: unknown[] }>(
    `select array[${texts}] as texts from ${source.quoted} as t where (${source.isTheirs}) is not true limit ${othersPerTable}`,
    [id],
  )
  return rows.flatMap((row) => row.texts.filter(isText))
}

/** Paths of the person's files, as far as there is a storage. */
async function fileNames(queryable: Queryable, id: string): Promise<string[]> {
  const { rows: there } = await queryable.query(`select where to_regclass('storage.objects') is not null`)
  if (there.length === 0) return []
  const { rows } = await queryable.query<{ name: string }>(
    `select o.name from storage.objects as o where o.name like $1 || '/%' or o.owner_id = $1 order by o.name limit 20`,
    [id],
  )
  return rows.map(({ name }) => name)
}

function stringsIn(value: unknown): string[] {
  if (isText(value)) return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(stringsIn)
}

function splitLabel(table: string): [string, string] {
  const dot = table.indexOf('.')
  return [table.slice(0, dot), table.slice(dot + 1)]
}

function isIdType({ base, isArray }: Column): boolean {
  return !isArray && (base === 'uuid' || isTextType(base))
}

function isTextType(base: string): boolean {
  return base === 'text' || base === 'varchar' || base === 'bpchar' || base === 'citext'
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
