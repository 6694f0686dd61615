import { posix } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isBucketName, isObjectName } from './object-name.ts'

test('names that Storage takes are taken', () => {
  for (const name of [
    'a.png',
    'a/b/c d.png',
    "it's (1)!.jpg",
    'a//b',
    'folder/',
    '...',
    'a..b',
    '.hidden',
    'x'.repeat(1024),
  ]) {
    expect({ name, is: isObjectName(name) }).toEqual({ name, is: true })
  }
  for (const name of ['', '..', '.', 'a/..', '../a', 'a/./b', '/a', 'a\nb', 'ü', 'a%b', 'a#b', 'x'.repeat(1025)]) {
    expect({ name, is: isObjectName(name) }).toEqual({ name, is: false })
  }
  for (const name of ['', '..', '.', 'a/b', ' a', 'a ', 'x'.repeat(101), 'ü']) expect(isBucketName(name)).toBe(false)
})

test('no name that is taken leads out of where it is put', () => {
  const part = fc.oneof(fc.constantFrom('..', '.', '', 'a'), fc.string({ maxLength: 5 }))
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), (parts) => {
      const name = parts.join('/')
      fc.pre(isObjectName(name))
      expect(posix.join('/all/folder', name).startsWith('/all/folder/')).toBe(true)
      expect(new URL(`http://x/folder/${name.split('/').map(encodeURIComponent).join('/')}`).pathname).toContain(
        '/folder/',
      )
    }),
    { numRuns: 2000 },
  )
})
