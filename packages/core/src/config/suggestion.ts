import { closest, distance } from 'fastest-levenshtein'

/** `did you mean x?`, or else the list of what there is. */
export function suggestion(word: string, known: string[]): string {
  if (known.length === 0) return 'there is none'
  const near = closest(
    word.toLowerCase(),
    known.map((one) => one.toLowerCase()),
  )
  const meant = known.find((one) => one.toLowerCase() === near)
  // Half the word's length: further away it is a guess, not a suggestion.
  if (meant !== undefined && distance(word.toLowerCase(), near) <= Math.max(2, Math.floor(meant.length / 2))) {
    return `did you mean ${meant}?`
  }
  return `one of: ${known.join(', ')}`
}
