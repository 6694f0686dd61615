import { expect, test } from 'vitest'
import { requestHead } from './request-head.ts'
import { responseHead } from './response-head.ts'

test('a request loses what is meant for the gateway alone, and keeps the rest in order', () => {
  const head = requestHead([
    ...['Host', '127.0.0.1', 'Connection', 'keep-alive, X-Hop', 'X-Hop', '1', 'Keep-Alive', 'timeout=5'],
    ...['apikey', 'secret', 'X-Forwarded-For', '6.6.6.6', 'Prefer', 'return=minimal', 'Content-Length', '12'],
  ])
  expect(head.forward).toEqual(['Prefer', 'return=minimal', 'Content-Length', '12'])
  expect(head).toMatchObject({ apiKey: 'secret', contentLength: 12, chunked: false, hasAuthorization: false })
})

test('a client cannot have its own token or length dropped by naming it in Connection', () => {
  const head = requestHead([
    'Connection',
    'authorization, content-length, x-hop',
    'Authorization',
    'Bearer t',
    'Content-Length',
    '3',
    'X-Hop',
    '1',
  ])
  expect(head.forward).toEqual(['Authorization', 'Bearer t', 'Content-Length', '3'])
})

test('a body of unknown length is noticed', () => {
  expect(requestHead(['Transfer-Encoding', 'chunked'])).toMatchObject({ chunked: true, forward: [] })
})

test('an answer keeps its repeated headers and loses the framing and the CORS of PostgREST', () => {
  expect(
    responseHead([
      ...['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'Transfer-Encoding', 'chunked'],
      ...['Access-Control-Allow-Origin', 'http://a', 'Connection', 'keep-alive', 'Content-Range', '0-1/*'],
    ]),
  ).toEqual(['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'Content-Range', '0-1/*'])
})
