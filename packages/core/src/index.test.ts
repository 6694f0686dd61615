import { describe, expect, it } from 'vitest'
import { bundleForBrowser } from '../../../tests/browser/bundle.ts'

describe('@journeys/core', () => {
  it('bundles for a browser, with nothing of Node and nothing of the operator side', async () => {
    const { metafile } = await bundleForBrowser(`export * from './packages/core/src/index.ts'`)
    const inputs = Object.keys(metafile.inputs)
    expect(inputs.filter((input) => input.startsWith('node:'))).toEqual([])
    expect(inputs.filter((input) => /node_modules\/(pg|postgres)/.test(input))).toEqual([])
    const own = inputs.filter((input) => input.startsWith('packages/core/src/'))
    expect(own.filter((input) => !/src\/(index|errors|app\/|cache\/|batch\/)/.test(input))).toEqual([])
    expect(own.length).toBeGreaterThan(10)
  })

  it.each([`import { readFile } from 'node:fs/promises'; readFile('x')`, `import pg from 'pg'; export default pg`])(
    'would not bundle with %s in it',
    async (line) => {
      await expect(bundleForBrowser(`export * from './packages/core/src/index.ts'\n${line}`)).rejects.toThrow(
        /Could not resolve|not in a browser/,
      )
    },
  )
})
