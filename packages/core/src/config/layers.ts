/** A value of a JSON document. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

/** One source of settings. `values` has the shape of the config; `origin` is what `config show` prints. */
export interface Layer {
  origin: string | ((path: string) => string)
  values: Record<string, unknown>
}

export interface Merged {
  values: Record<string, unknown>
  /** Dotted path of each value that a layer set, and which one. */
  origins: Record<string, string>
}

/** Lays later layers over earlier ones: objects are merged key by key, everything else (lists too) is replaced. */
export function mergeLayers(layers: Layer[]): Merged {
  const merged: Merged = { values: {}, origins: {} }
  for (const layer of layers) overlay(merged.values, layer.values, [], layer.origin, merged.origins)
  return merged
}

function overlay(
  target: Record<string, unknown>,
  source: Record<string, unknown>,
  path: string[],
  origin: Layer['origin'],
  origins: Record<string, string>,
): void {
  for (const [key, value] of Object.entries(source)) {
    if (value === undefined || key === '__proto__') continue
    const here = [...path, key]
    if (isObject(value)) {
      const existing = target[key]
      const inner: Record<string, unknown> = isObject(existing) ? existing : {}
      target[key] = inner
      overlay(inner, value, here, origin, origins)
    } else {
      target[key] = value
      const dotted = here.join('.')
      origins[dotted] = typeof origin === 'string' ? origin : origin(dotted)
    }
  }
}

/** Every value that is not an object, by its dotted path. A list is one value. */
export function leaves(value: object, path: string[] = []): [path: string, value: unknown][] {
  return Object.entries(value).flatMap(([key, inner]): [string, unknown][] =>
    isObject(inner) ? leaves(inner, [...path, key]) : [[[...path, key].join('.'), inner]],
  )
}

/** `{ 'a.b': 1 }` as `{ a: { b: 1 } }`. */
export function nest(dotted: Record<string, unknown>): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const [path, value] of Object.entries(dotted)) {
    if (value === undefined) continue
    const keys = path.split('.')
    const last = keys.pop() as string
    let target = values
    for (const key of keys) {
      const inner: Record<string, unknown> = isObject(target[key]) ? target[key] : {}
      target[key] = inner
      target = inner
    }
    target[last] = value
  }
  return values
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
