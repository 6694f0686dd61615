import { distance } from 'fastest-levenshtein'

/** The candidate that was most likely meant, or nothing when all are far from what was typed. */
export function closest(typed: string, candidates: readonly string[]): string | undefined {
  const word = typed.toLowerCase()
  if (word === '') return undefined
  let best: { candidate: string; edits: number } | undefined
  for (const candidate of candidates) {
    const begun = word.length >= 3 && candidate.toLowerCase().startsWith(word)
    const edits = begun ? 0 : distance(word, candidate.toLowerCase())
    // A third of the word may be wrong, and two swapped letters anywhere: more than that names something else.
    const allowed = Math.max(word.length > 2 ? 2 : 1, Math.floor(word.length / 3))
    if (edits <= allowed && (best === undefined || edits < best.edits)) best = { candidate, edits }
  }
  return best?.candidate
}

/** `did you mean spike? One of: load, spike`, as far as there is something to say. */
export function suggestion(typed: string, candidates: readonly string[], values = candidates): string | undefined {
  const meant = closest(typed, candidates)
  const parts = [
    meant === undefined ? '' : `did you mean ${meant}?`,
    values.length ? `One of: ${values.join(', ')}` : '',
  ]
  return parts.filter(Boolean).join(' ') || undefined
}
