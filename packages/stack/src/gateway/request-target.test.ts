import fc from 'fast-check'
import { expect, test } from 'vitest'
import { requestTarget } from './request-target.ts'

test('a path and its query are passed on as they were written', () => {
  expect(requestTarget('/rest/v1/t?a=eq.%20x&b=')).toEqual({
    path: '/rest/v1/t',
    query: '?a=eq.%20x&b=',
    apiKey: undefined,
  })
  expect(requestTarget('/health')).toEqual({ path: '/health', query: '', apiKey: undefined })
})

test('a key in the query is taken out, and only it', () => {
  expect(requestTarget('/t?select=*&apikey=a%2Bb&limit=1')).toEqual({
    path: '/t',
    query: '?select=*&limit=1',
    apiKey: 'a+b',
  })
  expect(requestTarget('/t?apikey=k')).toEqual({ path: '/t', query: '', apiKey: 'k' })
  expect(requestTarget('/t?my_apikey=eq.1')).toEqual({ path: '/t', query: '?my_apikey=eq.1', apiKey: undefined })
})

test('the absolute form of a target is understood', () => {
  expect(requestTarget('http://127.0.0.1:54321/rest/v1/t?x=1')).toMatchObject({ path: '/rest/v1/t', query: '?x=1' })
})

test('whatever the target, the path begins with a slash and no key is left in the query', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const { path, query } = requestTarget(text)
      expect(path.startsWith('/')).toBe(true)
      expect(query).not.toMatch(/[?&]apikey=/)
    }),
  )
})
