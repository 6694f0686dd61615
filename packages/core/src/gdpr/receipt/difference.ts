/** Where two values of JSON differ: `plan.erase[0].rows`, at most so many. */
export function differences(one: unknown, other: unknown, most = 6): string[] {
  const paths: string[] = []
  compare(one, other, '', paths)
  return paths.length > most ? [...paths.slice(0, most), `${paths.length - most} more`] : paths
}

function compare(one: unknown, other: unknown, path: string, paths: string[]): void {
  if (Object.is(one, other)) return
  if (!isNested(one) || !isNested(other) || Array.isArray(one) !== Array.isArray(other)) {
    paths.push(path === '' ? 'everything' : path)
    return
  }
  for (const key of new Set([...Object.keys(one), ...Object.keys(other)])) {
    const step = Array.isArray(one) ? `[${key}]` : path === '' ? key : `.${key}`
    compare(one[key], other[key], `${path}${step}`, paths)
  }
}

function isNested(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
