import { stripVTControlCharacters } from 'node:util'

/** Columns that a text takes on a screen: escape sequences take none. All our own words are one column a character. */
export function visibleLength(text: string): number {
  return stripVTControlCharacters(text).length
}

/** `left`, and `right` at the right edge; on a line of its own when both do not fit. */
export function spread(left: string, right: string, width: number): string {
  const gap = width - visibleLength(left) - visibleLength(right)
  return gap >= 1 ? `${left}${' '.repeat(gap)}${right}` : `${left}\n${right}`
}

/** Breaks at spaces so that no line is wider than `width`; a longer word stays whole. Later lines start with `indent`. */
export function wrap(text: string, width: number, indent = ''): string {
  return text
    .split('\n')
    .map((line) => wrapLine(line, width, indent))
    .join(`\n${indent}`)
}

/** A label in a column of its own (`error  …`, `hint   …`), what follows beside it. */
export function labelled(label: string, text: string, options: { column: number; width: number }): string {
  const gap = ' '.repeat(Math.max(1, options.column - visibleLength(label)))
  return `${label}${gap}${wrap(text, options.width - options.column, ' '.repeat(options.column))}`
}

function wrapLine(line: string, width: number, indent: string): string {
  const lines: string[] = []
  let current = ''
  for (const word of line.split(' ')) {
    if (current !== '' && visibleLength(current) + 1 + visibleLength(word) > width) {
      lines.push(current)
      current = word
    } else {
      current = current === '' && lines.length > 0 ? word : `${current}${current === '' ? '' : ' '}${word}`
    }
  }
  lines.push(current)
  return lines.join(`\n${indent}`)
}
