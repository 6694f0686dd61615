import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeCursor, encodeCursor } from './journal-cursor.ts'

describe('a cursor of the journal', () => {
  it('comes back as it went, and is safe in an address', () => {
    fc.assert(
      fc.property(
        fc.uuid(),
        fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
        (id, date) => {
          const last = { id, date: date.toISOString().slice(0, 10) }
          const cursor = encodeCursor(last)
          expect(cursor).toMatch(/^[A-Za-z0-9_-]+$/)
          expect(decodeCursor(cursor)).toEqual(last)
        },
      ),
    )
  })

  it.each([
    ['', 'nothing'],
    ['!!', 'no base64'],
    [btoa('j1.2026-02-30.00000000-0000-4000-8000-000000000000'), 'a day that does not exist'],
    [btoa('j2.2026-02-28.00000000-0000-4000-8000-000000000000'), 'another version'],
    [btoa("j1.2026-02-28.x'; drop table journal_entries"), 'SQL'],
    [btoa('j1.2026-02-28'), 'too little'],
    [`${encodeCursor({ id: randomUUID(), date: '2026-02-28' })} `, 'something after it'],
  ])('%j is refused: %s', (cursor) => {
    expect(() => decodeCursor(cursor)).toThrow(expect.objectContaining({ code: 'invalid_cursor' }))
  })

  it('refuses any other text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => decodeCursor(text)).toThrow('not a cursor')
      }),
    )
  })
})
