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

/** Text of our own files (styles, scripts): never of a server, a user or a configuration. */
export function trusted(text: string): Html {
  return new Html(text)
}

/** Data for a script of the page, as JSON that cannot end its element. */
export function jsonForScript(value: unknown): Html {
  return new Html(
    JSON.stringify(value).replaceAll('<', '\\u003c').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029'),
  )
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

function rendered(value: Child): string {
  if (value instanceof Html) return value.text
  if (value === false || value === null || value === undefined) return ''
  if (typeof value === 'string') return escapeHtml(value)
  if (typeof value === 'number') return String(value)
  return value.map(rendered).join('')
}
