import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { type LoadTestResult, renderReport } from '@journeys/loadtest'
import type { AxeResults } from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { renderJUnit } from '../../packages/loadtest/src/outputs/junit.ts'
import { exampleResult, failedResult } from '../loadtest/example-result.ts'
import { chromiumFlags, findChromium } from './chromium.ts'

const executablePath = findChromium()
const missing = 'Chromium is not installed; set JOURNEYS_CHROMIUM to one'
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

const runs: Readonly<Record<string, () => string>> = {
  load: () => renderReport(exampleResult('load')),
  spike: () => renderReport(exampleResult('spike')),
  stress: () => renderReport(exampleResult('stress')),
  recovery: () => renderReport(exampleResult('recovery')),
  soak: () => renderReport(exampleResult('soak')),
  failed: () => renderReport(failedResult(), [{ ...exampleResult('load'), id: 'first' }, failedResult()]),
}

let browser: Browser | undefined
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'journeys-report-'))
  if (executablePath !== undefined) browser = await chromium.launch({ executablePath, args: chromiumFlags })
})

afterAll(async () => {
  await browser?.close()
  await rm(folder, { recursive: true })
})

for (const scheme of ['light', 'dark'] as const) {
  for (const [name, render] of Object.entries(runs)) {
    it(`axe finds nothing to complain about in the report of a ${name} run, ${scheme}`, async ({ skip }) => {
      if (browser === undefined) return skip(missing)
      const { page, close } = await opened(browser, render(), { scheme })
      // The page's own policy lets no script in but its own, not even this one: evaluated, not added.
      await page.evaluate(await readFile(axe, 'utf8'))
      const { violations } = await page.evaluate<AxeResults>(
        // The dark page differs in its colours alone.
        scheme === 'light' ? 'axe.run()' : 'axe.run({ runOnly: ["color-contrast"] })',
      )
      expect(
        violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`),
      ).toEqual([])
      await close()
    })
  }
}

it('on a phone nothing of the page sticks out to the side', async ({ skip }) => {
  if (browser === undefined) return skip(missing)
  for (const render of Object.values(runs)) {
    const { page, close } = await opened(browser, render(), { width: 360 })
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
    await close()
  }
})

it('asks no network for anything, breaks none of its own rules and makes no error', async ({ skip }) => {
  if (browser === undefined) return skip(missing)
  for (const render of Object.values(runs)) {
    const { page, requests, problems, close } = await opened(browser, render())
    await page.locator('#time .field').first().hover()
    expect(requests).toEqual([page.url()])
    expect(problems).toEqual([])
    await close()
  }
})

it('runs no script that came in with the data', async ({ skip }) => {
  if (browser === undefined) return skip(missing)
  const attacked = renderReport(exampleResult()).replace(
    '</main>',
    '<script>document.title = "owned"</script><img src=x onerror="document.title = 1"></main>',
  )
  const { page, close } = await opened(browser, attacked)
  expect(await page.title()).toContain('Load test pass')
  await close()
})

it('reads the charts out with the arrow keys, reached by the keyboard alone', async ({ skip }) => {
  if (browser === undefined) return skip(missing)
  const { page, close } = await opened(browser, runs.load?.() ?? '')
  await page.keyboard.press('Tab')
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the figures')
  await page.keyboard.press('Enter')
  const reached: unknown[] = []
  for (let tabs = 0; tabs < 12 && !String(reached.at(-1)).startsWith('Response time'); tabs++) {
    await page.keyboard.press('Tab')
    reached.push(await page.evaluate('document.activeElement.getAttribute("aria-label")'))
  }
  expect(reached.at(-1)).toBe('Response time: arrow keys read the figures')
  await page.keyboard.press('End')
  const readout = page.locator('.readout')
  expect(await readout.textContent()).toMatch(/^0:57 down · p50 \S+ ms · p95 .* requests\/s · 0 failed · \d+ users$/)
  await page.keyboard.press('ArrowLeft')
  expect(await readout.textContent()).toMatch(/^0:56 /)
  await page.keyboard.press('Escape')
  expect(await readout.textContent()).toBe('')
  await close()
})

it('has landmarks, one heading for the page and one for each part, in order', async ({ skip }) => {
  if (browser === undefined) return skip(missing)
  const { page, close } = await opened(browser, runs.failed?.() ?? '')
  const tree = await page.locator('body').ariaSnapshot()
  for (const landmark of ['banner', 'navigation "Parts of this report"', 'main', 'contentinfo'])
    expect(tree).toContain(`- ${landmark}`)
  const levels = await page
    .locator('h1, h2, h3')
    .evaluateAll((headings) => headings.map(({ tagName }) => Number(tagName.slice(1))))
  expect(levels.filter((level) => level === 1)).toHaveLength(1)
  levels.forEach((level, index) => {
    expect(level - (levels[index - 1] ?? 0)).toBeLessThanOrEqual(1)
  })
  await close()
})

it('is complete without its script', async ({ skip }) => {
  if (browser === undefined) return skip(missing)
  const { page, close } = await opened(browser, runs.load?.() ?? '', { javaScriptEnabled: false })
  expect(await page.locator('#time svg').count()).toBe(4)
  expect(await page.locator('text=use ← and →').isVisible()).toBe(false)
  await close()
})

it('is white on paper whatever the screen is, with its charts and without its controls', async ({ skip }) => {
  if (browser === undefined) return skip(missing)
  const { page, close } = await opened(browser, runs.failed?.() ?? '', { scheme: 'dark' })
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
  expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)')
  expect(await page.evaluate('getComputedStyle(document.querySelector(".why")).color')).toBe('rgb(24, 32, 44)')
  expect(await page.locator('nav').isVisible()).toBe(false)
  expect(await page.locator('#time svg').first().isVisible()).toBe(true)
  await close()
})

it('a browser reads the JUnit file as XML, whatever is in it', async ({ skip }) => {
  if (browser === undefined) return skip(missing)
  const nasty: Partial<LoadTestResult> = { reasons: [']]> <b>&amp; " \u0001 é', 'second'], command: '<"&\'>' }
  const xml = await renderJUnit({ ...failedResult(), ...nasty })
  const { page, close } = await opened(browser, '<!doctype html><title>x</title>')
  const [error, failure] = await page.evaluate((text) => {
    const document = new DOMParser().parseFromString(text, 'application/xml')
    return [
      document.querySelector('parsererror')?.textContent,
      document.querySelector('failure')?.getAttribute('message'),
    ]
  }, xml)
  expect(error).toBeUndefined()
  expect(failure).toBe(']]> <b>&amp; "  é')
  await close()
})

interface Opened {
  readonly page: Page
  readonly requests: string[]
  readonly problems: string[]
  close(): Promise<void>
}

async function opened(
  from: Browser,
  html: string,
  { scheme = 'light' as 'light' | 'dark', width = 1200, javaScriptEnabled = true } = {},
): Promise<Opened> {
  const file = path.join(folder, 'report.html')
  await writeFile(file, html)
  const context = await from.newContext({ colorScheme: scheme, viewport: { width, height: 900 }, javaScriptEnabled })
  const page = await context.newPage()
  const requests: string[] = []
  const problems: string[] = []
  page.on('request', (request) => requests.push(request.url()))
  page.on('pageerror', (error) => problems.push(String(error)))
  page.on('console', (message) => problems.push(message.text()))
  await page.goto(pathToFileURL(file).href)
  return { page, requests, problems, close: () => context.close() }
}
