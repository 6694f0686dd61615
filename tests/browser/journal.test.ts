import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createPerson } from '../app/person.ts'
import { createTestStack, type TestStack } from '../support/stack.ts'
import { bundleForBrowser } from './bundle.ts'
import { chromiumFlags, findChromium } from './chromium.ts'

const executablePath = findChromium()

let stack: TestStack
let site: Server
let browser: Browser | undefined

beforeAll(async () => {
  stack = await createTestStack()
  const { code } = await bundleForBrowser(`
    import { createJourneys } from './packages/core/src/index.ts'
    globalThis.createJourneys = createJourneys
  `)
  // The app's own origin: another port than the stack's, so that the browser asks CORS for every call.
  site = createServer((request, response) => {
    const [type, body] = request.url === '/app.js' ? ['text/javascript', code] : ['text/html', page]
    response.writeHead(200, { 'content-type': type }).end(body)
  })
  site.listen(0, '127.0.0.1')
  await once(site, 'listening')
  if (executablePath !== undefined) browser = await chromium.launch({ executablePath, args: chromiumFlags })
})

afterAll(async () => {
  await browser?.close()
  site?.close()
  await stack?.stop()
})

const page = '<!doctype html><title>Journeys</title><script type="module" src="/app.js"></script>'

it('a person signs in, writes and reads in a real browser, from another origin than the server', async ({ skip }) => {
  if (browser === undefined) return skip('Chromium is not installed; set JOURNEYS_CHROMIUM to one')
  const { email, password, journeys } = await createPerson(stack)
  const tab = await browser.newPage()
  const problems: string[] = []
  tab.on('pageerror', (error) => problems.push(String(error)))
  await tab.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`)
  await tab.waitForFunction('globalThis.createJourneys !== undefined')
  const shown = await tab.evaluate(
    async ({ url, anonKey, email, password }) => {
      const app = (globalThis as unknown as Pick<typeof import('@journeys/core'), 'createJourneys'>).createJourneys({
        url,
        anonKey,
      })
      const { error } = await app.supabase.auth.signInWithPassword({ email, password })
      if (error !== null) throw error
      await app.profiles.save({ displayName: 'Ann' })
      const entry = await app.journal.add({ reflection: 'from a browser 🌱', scores: { mood: 8 } })
      const edited = await app.journal.edit(entry, { scores: { mood: 9 } })
      const { saved } = await app.saveBatchEntries([{ reflection: 'one' }, { reflection: 'two' }])
      const receipt = await app.purchases.buy({ plan: 'monthly' })
      const { entries } = await app.journal.list()
      const { entries: count } = await app.progress.summary()
      await app.journal.remove(entry)
      const left = (await app.journal.list()).entries.length
      await app.supabase.auth.signOut()
      const after = await app.journal.list().catch((reason) => reason.code)
      return { edited, saved: saved.length, plan: receipt.plan, listed: entries.length, count, left, after }
    },
    { url: stack.url, anonKey: stack.anonKey, email, password },
  )
  expect(shown).toMatchObject({
    edited: { reflection: 'from a browser 🌱', scores: { mood: 9 } },
    saved: 2,
    plan: 'monthly',
    listed: 3,
    count: 3,
    left: 2,
    after: 'not_signed_in',
  })
  expect(problems).toEqual([])
  const listed = await journeys.journal.list()
  expect(listed.entries.map(({ reflection }) => reflection).sort()).toEqual(['one', 'two'])
})
