import Table from 'cli-table3'
import { visibleLength } from './lines.ts'
import type { Look } from './look.ts'

export interface Column {
  heading: string
  /** @defaultValue 'left' */
  align?: 'left' | 'right'
  /** The column that gives way, its words wrapped, when the table is wider than the screen. */
  flexible?: boolean
}

const noBorders = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
}

/** Columns without borders, two spaces apart, indented by two; the headings are dim. */
export function renderTable(columns: readonly Column[], rows: readonly (readonly string[])[], look: Look): string {
  const headings = columns.map((column) => look.paint.dim(column.heading))
  const widths = fittingWidths(columns, rows, look.width - indent.length)
  const table = new Table({
    chars: noBorders,
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [], compact: true },
    colAligns: columns.map((column) => column.align ?? 'left'),
    colWidths: widths,
    wordWrap: true,
    ...(columns.some((column) => column.heading !== '') && { head: headings }),
  })
  table.push(...rows.map((row) => [...row]))
  return table
    .toString()
    .split('\n')
    .map((line) => `${indent}${line.trimEnd()}`)
    .join('\n')
}

const indent = '  '
const gap = 2

/** Natural widths; what is too much is taken from the flexible column, never below a readable 12. */
function fittingWidths(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): number[] {
  const widths = columns.map((column, index) =>
    Math.max(column.heading.length, ...rows.map((row) => widestLine(row[index] ?? ''))),
  )
  const total = widths.reduce((sum, one) => sum + one, 0) + gap * (columns.length - 1)
  const flexible = columns.findIndex((column) => column.flexible)
  const natural = widths[flexible]
  if (total > width && natural !== undefined) widths[flexible] = Math.max(12, natural - (total - width))
  return widths
}

function widestLine(cell: string): number {
  return Math.max(...cell.split('\n').map(visibleLength))
}
