import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createJourneys } from '@journeys/core'
import { describe, expect, test } from 'vitest'
import { requestHeaders } from '../engines/headers.ts'
import { type ScenarioName, scenarios } from './index.ts'
import type { Visitor } from './visitor.ts'

const userId = '4b0e0d2c-9a57-4c4e-8f0a-0d1b0c7a9e91'

interface WireRequest {
  method: string | undefined
  path: string
  /** `Accept` and `Prefer` change what PostgREST does. */
  accept: string | undefined
  prefer: string | string[] | undefined
  fields: string[]
}

/** A server that answers nothing useful but remembers what it was asked. */
async function listen(): Promise<{ url: string; seen: WireRequest[]; stop(): void }> {
  const seen: WireRequest[] = []
  const server = createServer(async (request, response) => {
    const body = await textOf(request)
    seen.push({
      method: request.method,
      path: withoutValues(decodeURIComponent(request.url ?? '')),
      accept: request.headers.accept,
      prefer: request.headers.prefer,
      fields: body === '' ? [] : Object.keys(JSON.parse(body)).sort(),
    })
    response.writeHead(500, { 'content-type': 'application/json' }).end('{"message":"not today"}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    stop: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}

function withoutValues(path: string): string {
  return path.replace(/\d{4}-\d{2}-\d{2}/g, '<date>')
}

/** Plays a scenario against the server, with the headers that both engines send. */
async function requestsOfScenario(name: ScenarioName): Promise<WireRequest[]> {
  const server = await listen()
  const visitor: Visitor = {
    user: { id: userId },
    async request(method, path, { body, headers }) {
      const answer = await fetch(`${server.url}${path}`, {
        method,
        headers: requestHeaders('anon', 'token', body !== undefined, headers),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      return { status: answer.status, ok: answer.ok, text: () => '', json: () => undefined }
    },
    pause: async () => undefined,
    check: () => undefined,
    wrote: () => undefined,
  }
  await scenarios[name](visitor)
  server.stop()
  return server.seen
}

async function requestsOfApp(
  use: (app: ReturnType<typeof createJourneys>) => (() => Promise<unknown>)[],
): Promise<WireRequest[]> {
  const server = await listen()
  const claims = { sub: userId, role: 'authenticated', exp: Math.floor(Date.now() / 1000) + 3600 }
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const token = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}.c2lnbmF0dXJl`
  const app = createJourneys({ url: server.url, anonKey: 'anon', accessToken: token })
  for (const call of use(app)) await call().catch(() => undefined)
  app.close()
  server.stop()
  return server.seen
}

// Realtime is not used, but supabase-js asks for a WebSocket when a client is made, and Node 20 has none.
globalThis.WebSocket ??= class {} as unknown as typeof WebSocket

describe('the scenarios send what the app sends', () => {
  const asApp = (name: ScenarioName, use: Parameters<typeof requestsOfApp>[0]) =>
    Promise.all([requestsOfScenario(name), requestsOfApp(use)])

  test('journal_creation: journal.add, then journal.list', async () => {
    const [scenario, app] = await asApp('journal_creation', ({ journal }) => [
      () => journal.add({ reflection: 'a day', scores: { mood: 5 } }),
      () => journal.list(),
    ])
    expect(scenario).toEqual(app)
  })

  test('profile_updates: profiles.edit', async () => {
    const [scenario, app] = await asApp('profile_updates', ({ profiles }) => [
      () => profiles.edit({ bio: 'me', timezone: 'UTC', dailyReminderAt: '20:30' }),
    ])
    expect(scenario).toEqual(app)
  })

  test('progress_viewing: progress.summary, then journal.list', async () => {
    const [scenario, app] = await asApp('progress_viewing', ({ progress, journal }) => [
      () => progress.summary(),
      () => journal.list(),
    ])
    expect(scenario).toEqual(app)
  })

  test('premium_purchases: purchases.buy', async () => {
    const [scenario, app] = await asApp('premium_purchases', ({ purchases }) => [
      () => purchases.buy({ plan: 'monthly' }),
    ])
    expect(scenario).toEqual(app)
  })
})
