import { isAbsolute, relative } from 'node:path'

/** `.journeys/reports/…` where that is what a person at this prompt would type; else the whole path. */
export function shownPath(path: string, cwd: string): string {
  const short = relative(cwd, path)
  return short === '' || short.startsWith('..') || isAbsolute(short) ? path : short
}
