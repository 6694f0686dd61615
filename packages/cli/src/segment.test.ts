import fc from 'fast-check'
import { expect, test } from 'vitest'
import { segment } from './segment.ts'

test('one of n equal parts names how the whole is cut, the same for every generator', () => {
  expect(segment.parse('0:1/2')).toEqual({ segment: '0:1/2', sequence: '0,1/2,1' })
  expect(segment.parse('1/2:1')).toEqual({ segment: '1/2:1', sequence: '0,1/2,1' })
  expect(segment.parse('2/4:3/4')).toEqual({ segment: '2/4:3/4', sequence: '0,1/4,2/4,3/4,1' })
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 100 }), fc.nat(), (n, any) => {
      const part = any % n
      const { sequence } = segment.parse(`${part}/${n}:${part + 1}/${n}`)
      expect(sequence.split(',')).toHaveLength(n + 1)
    }),
  )
})

test('anything else is refused with an example', () => {
  for (const typed of ['', '1/2', '0:1', '1/2:0', '0:2/3', '0:1/3:1', 'a:b', '1/3:1/2', '0:1/0', '1/2:2/2:']) {
    const answer = segment.safeParse(typed)
    expect(answer.success, typed).toBe(false)
    expect(answer.error?.issues[0]?.message).toContain('equal parts, such as 0:1/2')
  }
})
