import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pathInArchive } from './uploaded-files.ts'

test('a file keeps its ending and is told from any other, however it is called in Storage', () => {
  const path = (name: string, number: number) => pathInArchive({ bucket: 'entry-media', name }, number)
  expect(path('a/b/picture.png', 1)).toBe('files/entry-media/00001-picture.png')
  expect(path(`x/${'long '.repeat(100)}.png`, 2)).toMatch(/^files\/entry-media\/00002-.{56}\.png$/)
  expect(path('..', 3)).toBe('files/entry-media/00003-__')
  expect(path('who: "me"?.png', 4)).toBe('files/entry-media/00004-who_ _me__.png')
})

test('no name leads out of the archive, nor is one that a file system refuses', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', minLength: 1 }),
      fc.string({ unit: 'binary', minLength: 1 }),
      (bucket, name) => {
        const parts = pathInArchive({ bucket, name }, 7).split('/')
        expect(parts).toHaveLength(3)
        for (const part of parts) {
          expect(part).not.toMatch(/[\\:*?"<>|\p{Cc}]|^\.|[. ]$|^$/u)
          expect(Buffer.byteLength(part)).toBeLessThanOrEqual(255)
        }
      },
    ),
  )
})
