import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { csvFields } from './csv-fields.ts'

describe("reading k6's CSV", () => {
  test('whatever is in a field comes back as it was', () => {
    const quote = (field: string) => (/[",\n\r]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom('a', ',', '"', ' ', '\n', 'é') }), { minLength: 1 }),
        (row) => {
          expect(csvFields(row.map(quote).join(','))).toEqual(row)
        },
      ),
    )
  })
})
