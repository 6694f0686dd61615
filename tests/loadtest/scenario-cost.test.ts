import { afterAll, beforeAll, expect, test } from 'vitest'
import { requestHeaders } from '../../packages/loadtest/src/engines/headers.ts'
import { scenarioCosts } from '../../packages/loadtest/src/profiles/scenario-cost.ts'
import { scenarios } from '../../packages/loadtest/src/scenarios/index.ts'
import type { Answer, Method, RequestOptions, Visitor } from '../../packages/loadtest/src/scenarios/visitor.ts'
import { databaseUsers } from '../../packages/loadtest/src/users/database-users.ts'
import type { TestUsers } from '../../packages/loadtest/src/users/test-users.ts'
import { createTestStack, type TestStack } from '../support/stack.ts'
import { targetOf } from './quick-load.ts'

let stack: TestStack
let users: TestUsers
beforeAll(async () => {
  stack = await createTestStack()
  users = await databaseUsers(targetOf(stack), stack.database.url)
})
afterAll(async () => {
  await users?.close()
  await stack?.stop()
})

/** A visitor that counts what goes over the wire. */
class CountingVisitor implements Visitor {
  requests = 0
  pauses = 0
  answerBytes = 0
  readonly failed: string[] = []
  readonly user: { readonly id: string }
  readonly #accessToken: string

  constructor({ id, accessToken }: { id: string; accessToken: string }) {
    this.user = { id }
    this.#accessToken = accessToken
  }

  async request(method: Method, path: string, { body, headers }: RequestOptions): Promise<Answer> {
    this.requests++
    const response = await fetch(`${stack.url}${path}`, {
      method,
      headers: requestHeaders(stack.anonKey, this.#accessToken, body !== undefined, headers),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const head = [...response.headers].map(([name, value]) => `${name}: ${value}\r\n`).join('')
    this.answerBytes += 'HTTP/1.1 200 OK\r\n\r\n'.length + head.length + Buffer.byteLength(text)
    const { status, ok } = response
    return { status, ok, text: () => text, json: () => (text === '' ? undefined : JSON.parse(text)) }
  }

  async pause(): Promise<void> {
    this.pauses++
  }

  check(name: string, passed: boolean): void {
    if (!passed) this.failed.push(name)
  }

  wrote(): void {}
}

test.each(Object.entries(scenarios))('what an iteration of %s costs is what is foretold', async (name, scenario) => {
  const [user] = await users.make({
    run: `20261123-150000-${name}`,
    count: 1,
    lifetimeMs: 60_000,
    keep: false,
    signal: new AbortController().signal,
  })
  const visitor = new CountingVisitor(user as { id: string; accessToken: string })
  const iterations = 30
  for (let iteration = 0; iteration < iterations; iteration++) await scenario(visitor)
  expect(visitor.failed).toEqual([])
  const cost = scenarioCosts[name]
  expect(visitor.requests / iterations).toBe(cost?.requests)
  expect(visitor.pauses / iterations).toBe(cost?.pauses)
  // Texts are of random length.
  expect(visitor.answerBytes / iterations).toBeGreaterThan((cost?.answerBytes ?? 0) * 0.8)
  expect(visitor.answerBytes / iterations).toBeLessThan((cost?.answerBytes ?? 0) * 1.25)
  await users.remove(`20261123-150000-${name}`)
})
