import { stringify } from 'csv-stringify/sync'

/** A column of a CSV file. */
export interface CsvColumn {
  name: string
  /** Digits, sign and point: never text that a spreadsheet could run. */
  isNumber: boolean
}

/**
 * What makes a spreadsheet calculate a cell instead of showing it, and the mark itself, so that taking one mark away always gives back
 * what was there. https://owasp.org/www-community/attacks/CSV_Injection
 */
const startsFormula = /^['=+\-@\t\r\n＝＋－＠]/

const format = {
  // RFC 4180. Texts are quoted and nothing is not: an empty text and no value stay different.
  record_delimiter: 'windows',
  quoted_string: true,
} as const

/** The first line. The mark before it tells spreadsheets that the file is UTF-8. */
export function csvHead(columns: readonly CsvColumn[]): string {
  return `\ufeff${stringify([columns.map(({ name }) => name)], format)}`
}

/** Rows as CSV; each has a text, or null for no value, for every column. */
export function csvLines(columns: readonly CsvColumn[], rows: readonly (readonly (string | null)[])[]): string {
  return stringify(
    rows.map((cells) => cells.map((cell, index) => (columns[index]?.isNumber ? cell : harmless(cell)))),
    format,
  )
}

function harmless(cell: string | null): string | null {
  return cell !== null && startsFormula.test(cell) ? `'${cell}` : cell
}
