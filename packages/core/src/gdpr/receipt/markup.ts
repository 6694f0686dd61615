/** Markup that may be put into a page as it is: only `markup` makes it. */
class Markup {
  constructor(readonly text: string) {}
}

type Child = Markup | string | number | null | readonly Child[]

export type { Markup }

/** A template whose values are escaped, in text and in quoted attributes. */
export function markup(parts: TemplateStringsArray, ...values: Child[]): Markup {
  return new Markup(parts.reduce((page, part, index) => page + written(values[index - 1] ?? null) + part))
}

/** Text of a file of our own: never of a receipt. */
export function trusted(text: string): Markup {
  return new Markup(text)
}

function written(value: Child): string {
  if (value === null) return ''
  if (value instanceof Markup) return value.text
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string') return value.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
  return value.map(written).join('')
}
