/**
 * What Node or a browser has and a scenario cannot use: k6 1.8 lacks it, or has it and the built-in engine must not
 * (`setTimeout` would outlive Ctrl-C). With what to use instead.
 */
const instead: Readonly<Record<string, string>> = {
  setTimeout: 'visitor.pause() waits as long as a person thinks',
  setInterval: 'visitor.pause() waits as long as a person thinks',
  setImmediate: 'visitor.pause() waits as long as a person thinks',
  clearTimeout: '',
  clearInterval: '',
  fetch: 'visitor.request(...) sends a request that is measured',
  XMLHttpRequest: 'visitor.request(...) sends a request that is measured',
  WebSocket: '',
  console: 'a thousand users would all print; visitor.check(name, passed) notes what is wrong',
  URL: 'write the path as text; encodeURIComponent is there',
  URLSearchParams: 'write the query as text; encodeURIComponent is there',
  process: 'a scenario gets nothing from the environment',
  __ENV: 'a scenario gets nothing from the environment',
  require: 'write `import`; what is imported is bundled',
  open: 'write `import data from "./data.json"`: it is bundled',
  Buffer: 'Uint8Array is there',
  TextEncoder: '',
  TextDecoder: '',
  structuredClone: 'JSON.parse(JSON.stringify(value)) copies plain data',
  Intl: 'dates and numbers have to be put together as text',
  performance: 'Date.now() is there; the engine measures the requests',
  queueMicrotask: '',
  atob: '',
  btoa: '',
  global: 'globalThis is there',
  window: '',
  document: '',
  localStorage: '',
  AbortController: '',
  AbortSignal: '',
  Blob: '',
  FormData: '',
  Headers: 'headers are a plain object: { Prefer: "return=minimal" }',
  WeakRef: '',
  SharedArrayBuffer: '',
  Atomics: '',
  WebAssembly: '',
  __dirname: '',
  __filename: '',
}

const marker = 'journeysForeign_'

/** For esbuild: every use of one of them that is not the file's own name for something else is given a name that can be found. */
export const foreignDefines: Readonly<Record<string, string>> = Object.fromEntries(
  Object.keys(instead).flatMap((name) => [
    [name, marker + name],
    [`globalThis.${name}`, marker + name],
  ]),
)

export interface ForeignUse {
  readonly name: string
  readonly fix: string
  /** In the bundle, both from 0. */
  readonly line: number
  readonly column: number
}

/** Where a bundle made with `foreignDefines` uses one of them; a question whether it is there (`typeof`) is no use. */
export function foreignUses(bundle: string): ForeignUse[] {
  return bundle
    .split('\n')
    .flatMap((text, line) =>
      [...text.matchAll(new RegExp(`(typeof )?\\b${marker}(\\w+)`, 'g'))].flatMap(
        ({ 1: asked, 2: name = '', index }) => (asked ? [] : [{ name, fix: instead[name] ?? '', line, column: index }]),
      ),
    )
}

/** An error's message with the names that the file has. */
export function withoutMarkers(message: string): string {
  return message.replaceAll(marker, '')
}
