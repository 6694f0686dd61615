import { lowerAscii, type Needle } from './needle.ts'

const jsonEscape = /\\(?:u([0-9a-f]{4})|(["\\/bfnrt]))/gi
const plain: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

/** A document inside a document inside a document: deeper nobody nests them. */
const depth = 4

/** Which of the terms a text holds once the escapes of JSON in it are read, however often they were written over each other. */
export function termsInEscaped(text: string, needles: readonly Needle[]): Set<number> {
  const terms = new Set<number>()
  let current = text
  for (let level = 0; level < depth && current.includes('\\'); level += 1) {
    const read = current.replace(jsonEscape, (_, code: string | undefined, letter: string) =>
      code === undefined ? (plain[letter.toLowerCase()] ?? letter) : String.fromCharCode(Number.parseInt(code, 16)),
    )
    if (read === current) break
    current = read
    const hay = lowerAscii(current)
    for (const { text: needle, term, pattern } of needles) {
      if (!terms.has(term) && hay.includes(needle) && (pattern === null || new RegExp(pattern).test(hay))) {
        terms.add(term)
      }
    }
  }
  return terms
}
