/** A find that cannot be chance: so many words in this order, and so many characters. */
const leastWords = 5
const leastLength = 24
const mostWords = 9
const mostLength = 120
/** So many characters of a script without spaces. */
const unspacedLength = 16
const wantedPhrases = 60

/**
 * Phrases that only this person wrote: at least five words from the middle of their texts, first one from each text, then more of
 * them while there are too few. A phrase that is in another of the texts, or in somebody else's, is a template or a quotation.
 *
 * @param others texts of other people, as many as one wants to compare with
 */
export function distinctPhrases(texts: readonly string[], others: readonly string[]): string[] {
  const own = texts.map((text) => text.toLowerCase())
  const foreign = others.map((text) => text.toLowerCase())
  const chosen = new Map<string, string>()
  for (const position of [0.5, 0.1, 0.9, 0.3, 0.7]) {
    for (const [index, text] of spread(texts)) {
      if (chosen.size >= wantedPhrases) return [...chosen.values()]
      const phrase = phraseOf(text, position)
      if (phrase === undefined) continue
      const lower = phrase.toLowerCase()
      const isCommon =
        foreign.some((other) => other.includes(lower)) ||
        own.some((other, at) => at !== index && other !== own[index] && other.includes(lower))
      if (!isCommon) chosen.set(lower, phrase)
    }
  }
  return [...chosen.values()]
}

/** At most as many as are wanted, from the first to the last. */
function spread(texts: readonly string[]): [number, string][] {
  const step = Math.max(1, texts.length / wantedPhrases)
  const picked: [number, string][] = []
  for (let at = 0; at < texts.length; at += step) picked.push([Math.floor(at), texts[Math.floor(at)] ?? ''])
  return picked
}

/** Some words of a text in one piece, without what JSON, XML or SQL would write in another way; `undefined` when it is too short. */
export function phraseOf(text: string, position: number): string | undefined {
  const pieces = text.split(/[\p{Cc}"'\\<>&%]+/u).filter((piece) => piece.length >= unspacedLength)
  const words = (piece: string) => [...piece.matchAll(/\S+/g)]
  const spaced = pieces.filter((piece) => words(piece).length >= leastWords && piece.trim().length >= leastLength)
  const piece = spaced.sort((a, b) => b.length - a.length)[0]
  if (piece !== undefined) return middleWords(piece, words(piece), position)
  // Chinese, Japanese, Thai: no spaces, and every character tells more.
  const unspaced = pieces.find(
    (one) => (one.match(/[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]/g)?.length ?? 0) >= unspacedLength,
  )
  if (unspaced === undefined) return undefined
  const characters = [...unspaced.trim()]
  const from = Math.floor((characters.length - unspacedLength) * position)
  return characters.slice(from, from + unspacedLength).join('')
}

function middleWords(piece: string, words: RegExpMatchArray[], position: number): string | undefined {
  const first = Math.max(0, Math.floor((words.length - mostWords) * position))
  const start = words[first]?.index ?? 0
  let phrase = ''
  for (const [index, word] of words.slice(first).entries()) {
    if (index >= mostWords && phrase.length >= leastLength) break
    const longer = piece.slice(start, (word.index ?? 0) + word[0].length)
    if (index >= leastWords && longer.length > mostLength) break
    phrase = longer
    if (index + 1 >= leastWords && phrase.length >= mostLength / 2) break
  }
  return phrase.length >= leastLength && phrase.split(/\s+/).length >= leastWords ? phrase : undefined
}
