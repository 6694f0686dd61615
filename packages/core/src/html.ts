/** Markup that is safe to put into a page as it is. Only `html` and `trusted` make it. */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

type Child = Html | string | number | false | null | undefined | readonly Child[]

/** A template whose values are escaped, in text and in quoted attributes; `Html` values are put in as they are. */
export function html(parts: TemplateStringsArray, ...values: Child[]): Html {
  return new Html(parts.reduce((page, part, index) => page + rendered(values[index - 1]) + part))
}

/** Text of our own files (styles): never of a server, a user or a configuration. */
export function trusted(text: string): Html {
  return new Html(text)
}

function rendered(value: Child): string {
  if (value instanceof Html) return value.text
  if (value === false || value === null || value === undefined) return ''
  if (typeof value === 'string') return value.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
  if (typeof value === 'number') return String(value)
  return value.map(rendered).join('')
}
