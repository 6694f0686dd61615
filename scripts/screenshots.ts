// Pictures of load-test reports for the documentation, taken in Chromium:
//
//   npx tsx scripts/screenshots.ts .journeys/reports/2026-11-23-140211-spike.html
//   npx tsx scripts/screenshots.ts pool-of-two=.journeys/reports/2026-11-23-150000-load.html --looks
//
// Each becomes docs/images/loadtest-<name>.png: from the verdict to the end of the last part that fits. The name is the
// profile's unless another is given. --looks: also in the dark, on a phone and printed.
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { type Browser, chromium, type Page } from 'playwright-core'
import { chromiumFlags, findChromium } from '../tests/browser/chromium.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { out: { type: 'string', default: 'docs/images' }, looks: { type: 'boolean', default: false } },
})

/** A picture that is higher is not looked at to its end. */
const mostHeight = 1700
/** What a report is opened for: as much of it as fits is in the picture. */
const parts = ['#culprits', '#analysis', '#thresholds', '#time .chart']

if (positionals.length === 0) throw new Error('name at least one report: .journeys/reports/<id>-<profile>.html')
const executablePath = findChromium()
if (executablePath === undefined) throw new Error('Chromium is not installed; set JOURNEYS_CHROMIUM to one')
await mkdir(values.out, { recursive: true })

const browser = await chromium.launch({ executablePath, args: chromiumFlags })
try {
  for (const named of positionals) {
    const [name, file] = named.includes('=') ? (named.split('=', 2) as [string, string]) : [profileOf(named), named]
    const target = path.join(values.out, `loadtest-${name}`)
    await picture(browser, file, `${target}.png`, {})
    if (!values.looks) continue
    await picture(browser, file, `${target}-dark.png`, { dark: true })
    await picture(browser, file, `${target}-phone.png`, { width: 360 })
    await picture(browser, file, `${target}-printed.png`, { width: 760, printed: true })
  }
} finally {
  await browser.close()
}

/** `2026-11-23-140211-spike.html` → `spike` */
function profileOf(file: string): string {
  return path.basename(file, '.html').replace(/^\d{4}-\d{2}-\d{2}-\d{6}-/, '')
}

async function picture(
  from: Browser,
  file: string,
  target: string,
  { dark = false, width = 1160, printed = false }: { dark?: boolean; width?: number; printed?: boolean },
): Promise<void> {
  const page = await from.newPage({ viewport: { width, height: mostHeight }, colorScheme: dark ? 'dark' : 'light' })
  await page.goto(pathToFileURL(path.resolve(file)).href)
  if (printed) await page.emulateMedia({ media: 'print' })
  const height = Math.min(mostHeight, Math.ceil(await endOf(page)) + 20)
  await page.screenshot({ path: target, clip: { x: 0, y: 0, width, height } })
  await page.close()
  console.log(target)
}

/** Where the last part ends that fits, in pixels from the top. */
async function endOf(page: Page): Promise<number> {
  const ends: number[] = []
  for (const part of await page.locator(parts.join(', ')).all()) {
    const box = await part.boundingBox()
    if (box && box.y + box.height < mostHeight) ends.push(box.y + box.height)
  }
  return ends.length === 0 ? mostHeight : Math.max(...ends)
}
