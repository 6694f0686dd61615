import { stripVTControlCharacters } from 'node:util'
import { Chalk } from 'chalk'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatClock, formatDuration } from './duration.ts'
import { describeFailure, renderFailure } from './failure.ts'
import { labelled, spread, wrap } from './lines.ts'
import { plainLook } from './look.ts'
import { formatBytes, formatCount, formatNumber, formatPercent, formatPlural } from './number.ts'
import { hideSecrets } from './secrets.ts'
import { renderTable } from './table.ts'

test('figures are grouped by spaces and carry their unit', () => {
  expect(formatCount(14_312)).toBe('14 312')
  expect(formatNumber(0.4167)).toBe('0.417')
  expect(formatPercent(0.9997)).toBe('99.97 %')
  expect(formatPlural(1, 'entry', 'entries')).toBe('1 entry')
  expect(formatBytes(1536)).toBe('1.5 KiB')
  expect([0, 0.42, 9.54, 312.4, 999.6, 2400, 65_000, 3_600_000, 12_000_000].map(formatDuration)).toEqual([
    '0 ms',
    '0.42 ms',
    '9.5 ms',
    '312 ms',
    '1 s',
    '2.4 s',
    '1 min 5 s',
    '1 h',
    '3 h 20 min',
  ])
  expect(formatClock(41_200)).toBe('0:41')
})

test('wrapped text keeps every word and no line is too wide unless a word is', () => {
  fc.assert(
    fc.property(
      fc.array(fc.stringMatching(/^[a-z]{1,20}$/), { minLength: 1 }),
      fc.integer({ min: 20, max: 60 }),
      (words, width) => {
        const lines = wrap(words.join(' '), width).split('\n')
        expect(lines.join(' ')).toBe(words.join(' '))
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(width)
      },
    ),
  )
  expect(labelled('why', 'one two three', { column: 5, width: 13 })).toBe('why  one two\n     three')
  expect(spread('left', 'right', 20)).toBe('left           right')
  expect(spread('left', 'right', 8)).toBe('left\nright')
})

test('a table fits its width: the flexible column gives way, coloured cells too', () => {
  const paint = new Chalk({ level: 1 })
  const columns = [{ heading: 'name' }, { heading: 'text', flexible: true }, { heading: 'n', align: 'right' as const }]
  const rows = [['a', paint.red('many words that do not fit on one line of forty'), '1 000']]
  const text = renderTable(columns, rows, { width: 40, paint })
  for (const line of text.split('\n')) expect(stripVTControlCharacters(line).length).toBeLessThanOrEqual(40)
  expect(stripVTControlCharacters(text).replace(/\s+/g, ' ')).toContain(
    'many words that do not 1 000 fit on one line of forty',
  )
  expect(renderTable([{ heading: '' }], [['x']], plainLook)).toBe('  x')
})

test('passwords in URLs, tokens and secret keys are blanked wherever they turn up', () => {
  expect(hideSecrets('cannot reach postgresql://postgres:s3cret@db.example:5432/x')).toBe(
    'cannot reach postgresql://postgres:***@db.example:5432/x',
  )
  expect(hideSecrets('key eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiJ9.abc-_1 and sb_secret_abcDEF')).toBe(
    'key *** and ***',
  )
})

test('an unexpected error says how to report it, and shows its stack only when asked', () => {
  const failure = describeFailure(new TypeError('x is not a function'))
  const quiet = renderFailure(failure, plainLook, false)
  expect(quiet).toMatch(/^error {2}unexpected: x is not a function\ndetail journeys 0\.1\.0, node v\d/)
  expect(quiet).toContain('hint   this is a bug in journeys; please report it')
  expect(quiet).not.toContain('    at ')
  expect(renderFailure(failure, plainLook, true)).toContain('    at ')
  expect(describeFailure('a string was thrown').exitCode).toBe(1)
})
