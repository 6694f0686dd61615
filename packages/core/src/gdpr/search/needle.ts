import type { SearchTerm } from './term.ts'

/**
 * One way in which a term may be written somewhere. Everything is compared with A-Z as a-z: one pass finds every spelling, and for
 * other letters the forms in lower and upper case stand beside it.
 */
export interface Needle {
  text: string
  /** Which of the terms. */
  term: number
  /** What must match besides, as Postgres writes regular expressions: where the word or the address ends. `null`: nothing. */
  pattern: string | null
  /**
   * Where it can be: in what a column prints; in a bytea as `encode(…, 'escape')` writes it; in the hexadecimal digits of bytes
   * inside an array or a composite.
   */
  in: 'text' | 'bytes' | 'hex'
}

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

export function isUuid(text: string): boolean {
  return uuidForm.test(text)
}

/** What Postgres does with `lower(… collate "C")`, the same here. */
export function lowerAscii(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

/** Every way to write every term that a column of a table could hold. */
export function needlesOf(terms: readonly SearchTerm[]): Needle[] {
  return terms.flatMap((term, index) => {
    const needles = new Map<string, Needle>()
    const add = (text: string, inside: Needle['in'], pattern: string | null) => {
      const written = lowerAscii(text)
      const key = `${inside} ${written}`
      if (written !== '' && !needles.has(key)) needles.set(key, { text: written, term: index, pattern, in: inside })
    }
    for (const { text, pattern } of writtenForms(term)) {
      add(text, 'text', pattern)
      const bytes = Buffer.from(text, 'utf8')
      const escaped = escapedBytes(bytes)
      if (escaped !== text) add(escaped, 'bytes', pattern === null ? null : boundaries(term, lowerAscii(escaped)))
      add(bytes.toString('hex'), 'hex', null)
    }
    if (isUuid(term.text)) add(escapedBytes(Buffer.from(term.text.replaceAll('-', ''), 'hex')), 'bytes', null)
    return [...needles.values()]
  })
}

interface WrittenForm {
  text: string
  pattern: string | null
}

function writtenForms(term: SearchTerm): WrittenForm[] {
  const { kind, text } = term
  const bounded = (one: string): WrittenForm => ({ text: one, pattern: boundaries(term, lowerAscii(one)) })
  const free = (one: string): WrittenForm => ({ text: one, pattern: null })
  switch (kind) {
    case 'id':
      if (!isUuid(text)) return spellings(text).map(bounded)
      return [text, text.replaceAll('-', ''), ...base64Forms(text.toLowerCase())].map(free)
    case 'email': {
      const cased = casings(text).flatMap(spellings)
      const encoded = casings(text).flatMap((one) => [encodeURIComponent(one), one.replaceAll('@', '%40')])
      return [...[...cased, ...encoded].map(bounded), ...casings(text).flatMap(base64Forms).map(free)]
    }
    case 'phone':
      return [bounded(text.replace(/\D/g, ''))]
    case 'name': {
      const cased = casings(text).flatMap(spellings)
      const encoded = casings(text).flatMap((one) => [encodeURIComponent(one), one.replaceAll(' ', '+')])
      return [...cased, ...encoded].map(bounded)
    }
    case 'phrase':
      return spellings(text).map(free)
  }
}

/** As it is, and all small and all capital: only a-z and A-Z are compared without case. */
function casings(text: string): string[] {
  return [text, text.toLowerCase(), text.toUpperCase()]
}

/** The same text composed and decomposed (é as one character or two), each as JSON, arrays, composites and XML write it. */
function spellings(text: string): string[] {
  const forms = [text, text.normalize('NFC'), text.normalize('NFD')]
  return [...new Set(forms.flatMap((one) => [one, ...escapes(one)]))]
}

function escapes(text: string): string[] {
  const inJson = (one: string) => JSON.stringify(one).slice(1, -1)
  return [
    inJson(text),
    // A document stored as a string in another, and that in a third.
    inJson(inJson(text)),
    inJson(inJson(inJson(text))),
    text.replace(/["\\]/g, '\\$&'),
    text.replace(/["\\]/g, '$&$&'),
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&apos;'),
    text.replaceAll("'", '&#39;'),
  ]
}

/**
 * The text inside a longer one that was written as base64, as in the middle of a token: three bytes make four letters, so there are
 * three ways to lie, and the letters at both ends depend on the neighbours.
 */
function base64Forms(text: string): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(text, 'utf8')])
    const known = { from: Math.ceil((offset * 8) / 6), to: Math.floor((bytes.length * 8) / 6) }
    return [bytes.toString('base64'), bytes.toString('base64url')].map((one) => one.slice(known.from, known.to))
  })
}

/** As Postgres' `encode(…, 'escape')`: NUL and bytes over 127 in octal, the backslash twice, all else as it is. */
export function escapedBytes(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) {
    if (byte === 0 || byte > 0x7f) text += `\\${byte.toString(8).padStart(3, '0')}`
    else text += byte === 0x5c ? '\\\\' : String.fromCharCode(byte)
  }
  return text
}

/** Letters of scripts that put spaces between words; what others write without spaces has no ends to look for. */
const letters = '\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u0300-\u052f\u0531-\u0587\u05d0-\u05ea\u0620-\u06d3'
/** The end of an escape looks like a letter, but is none: \n, \u000a, %3A, \012. */
const escapeBefore = String.raw`\\[bfnrt]|\\u[0-9a-f]{4}|%[0-9a-f]{2}|\\[0-7]{3}`

/** What stands around a name, an address or a number that is not part of a longer one. */
function boundaries({ kind }: SearchTerm, text: string): string {
  const literal = text.replace(/[^\p{L}\p{N}\p{M}]/gu, (character) =>
    character > '\u007f' ? character : `\\${character}`,
  )
  switch (kind) {
    case 'email':
      // joanna@example.org is somebody else, and so is anna@example.org.uk.
      return `(^|[^a-z0-9._+${letters}-]|${escapeBefore})${literal}($|[^a-z0-9.-]|\\.($|[^a-z0-9]))`
    case 'phone':
      return `(^|[^0-9]|00|${escapeBefore})${literal}($|[^0-9])`
    default:
      return `(^|[^a-z0-9${letters}]|${escapeBefore})${literal}($|[^a-z0-9${letters}])`
  }
}
