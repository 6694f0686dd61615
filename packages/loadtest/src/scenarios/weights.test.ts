import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { weightedRound } from './weights.ts'

describe('the mix of scenarios', () => {
  test("the document's 40, 20, 30 and 10 come out as 4, 2, 3 and 1 in every ten", () => {
    const round = weightedRound({
      journal_creation: 40,
      profile_updates: 20,
      progress_viewing: 30,
      premium_purchases: 10,
    })
    expect(round).toHaveLength(10)
    const turns = (name: string) => round.filter((other) => other === name).length
    expect(turns('journal_creation')).toBe(4)
    expect(turns('profile_updates')).toBe(2)
    expect(turns('progress_viewing')).toBe(3)
    expect(turns('premium_purchases')).toBe(1)
    expect(round.slice(0, 2), 'spread out, not in blocks').not.toEqual(['journal_creation', 'journal_creation'])
  })

  test('every round is exact, and no scenario ever falls behind by as much as a turn of each other one', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 6 }), (numbers) => {
        fc.pre(numbers.some((weight) => weight > 0))
        const weights = Object.fromEntries(numbers.map((weight, index) => [`s${index}`, weight]))
        const total = numbers.reduce((sum, weight) => sum + weight, 0)
        const round = weightedRound(weights)
        const seen: Record<string, number> = {}
        for (const [position, name] of round.entries()) {
          seen[name] = (seen[name] ?? 0) + 1
          for (const [other, weight] of Object.entries(weights)) {
            const due = ((position + 1) * weight) / total
            expect(Math.abs((seen[other] ?? 0) - due)).toBeLessThan(numbers.length)
          }
        }
        for (const [name, weight] of Object.entries(weights)) {
          expect((seen[name] ?? 0) * total).toBe(weight * round.length)
        }
      }),
    )
  })

  test('decimals are met exactly too, and a weight of 0 never gets a turn', () => {
    const round = weightedRound({ often: 99.5, seldom: 0.5, never: 0 })
    expect(round).toHaveLength(200)
    expect(round.filter((name) => name === 'seldom')).toHaveLength(1)
    expect(round).not.toContain('never')
  })

  test('nothing to choose from is an error', () => {
    expect(() => weightedRound({ a: 0 })).toThrow(RangeError)
    expect(() => weightedRound({ a: -1, b: 2 })).toThrow(RangeError)
    expect(() => weightedRound({ a: 0.000_001, b: 1 })).toThrow('too many digits')
  })
})
