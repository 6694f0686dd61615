import { existsSync } from 'node:fs'

const usualPlaces = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Where Chromium is, if this machine has one. */
export function findChromium(): string | undefined {
  const named = process.env.JOURNEYS_CHROMIUM
  return [...(named === undefined ? [] : [named]), ...usualPlaces].find((path) => existsSync(path))
}

/** Headless, also as root, and calling nobody but the page. */
export const chromiumFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
