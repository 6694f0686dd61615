import { execFile } from 'node:child_process'
import { access, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { loadConfig } from '@journeys/core/ops'
import { describe, expect, test } from 'vitest'
import { loadScenarioFiles } from '../../packages/loadtest/src/scenario-file/load-scenario-files.ts'
import { newScenario } from '../../packages/loadtest/src/scenario-file/new-scenario.ts'
import { appScenarios } from '../../packages/loadtest/src/scenario-file/scenario.ts'
import type { Visitor } from '../../packages/loadtest/src/scenarios/visitor.ts'
import { withFolder } from './quick-load.ts'

const root = path.resolve(import.meta.dirname, '../..')

/** Writes the files into a folder and loads those that are named in `load`. */
function loading(files: Record<string, string>, load = Object.keys(files)) {
  return withFolder(async (folder) => {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true })
      await writeFile(path.join(folder, name), text)
    }
    const loaded = await loadScenarioFiles(load, folder)
    await loaded.remove()
    return loaded
  })
}

/** One scenario with this body. */
const visit = (body: string, name = 'visit') => `import { defineScenario } from '@journeys/loadtest/scenario'
export default defineScenario({
  name: '${name}',
  async run(visitor) {
    ${body}
  },
})
`
const request = "await visitor.request('GET', '/rest/v1/profiles', { name: 'GET profiles' })"

/** How the error of a file with this text reads. */
async function refused(files: Record<string, string> | string): Promise<string> {
  const all = typeof files === 'string' ? { 'visit.ts': files } : files
  const error = await loading(
    all,
    Object.keys(all).filter((name) => name.startsWith('visit')),
  ).then(
    () => undefined,
    (reason) => reason,
  )
  expect(error, 'it was taken').toMatchObject({ name: 'JourneysError', exitCode: 2 })
  return [error.message, error.detail, error.hint].filter(Boolean).join('\n')
}

describe('a scenario file', () => {
  test('becomes a module without imports, which both engines can load, and its weights', () =>
    withFolder(async (folder) => {
      await writeFile(path.join(folder, 'requests.ts'), `export const path: string = '/rest/v1/profiles'`)
      await writeFile(path.join(folder, 'a.ts'), visit(request, 'a'))
      await writeFile(
        path.join(folder, 'b.js'),
        `import { path } from './requests.ts'
         class Visits { name = 'b'; weight = 2.5; requests = 0
           async run(visitor) { this.requests++; await visitor.request('GET', path, { name: 'b' }) } }
         export default [new Visits(), { name: 'off', weight: 0, run() {} }]`,
      )
      const { source, weights, remove } = await loadScenarioFiles(['a.ts', 'b.js', './a.ts'], folder)
      try {
        expect(weights).toEqual({ a: 1, b: 2.5, off: 0 })
        expect(Object.keys(source.scenarios)).toEqual(['a', 'b', 'off'])
        const seen: string[] = []
        const visitor = { request: async (_: string, path: string) => void seen.push(path) } as unknown as Visitor
        await source.scenarios.b?.(visitor)
        expect(seen).toEqual(['/rest/v1/profiles'])
        expect(await readFile(source.module, 'utf8')).not.toMatch(/^import /m)
      } finally {
        await remove()
      }
      await expect(access(source.module)).rejects.toThrow('ENOENT')
    }))

  test('may have the scenarios of the app run beside its own, with their weights', async () => {
    const { weights } = await loading({
      'visit.ts': `import { appScenarios, defineScenario } from '@journeys/loadtest/scenario'
        export default [...appScenarios, defineScenario({ name: 'mine', weight: 10, async run(visitor) { ${request} } })]`,
    })
    expect(weights).toEqual({
      journal_creation: 40,
      profile_updates: 20,
      progress_viewing: 30,
      premium_purchases: 10,
      mine: 10,
    })
    const { config } = await loadConfig({ workdir: root, processEnv: {} })
    expect(Object.fromEntries(appScenarios.map(({ name, weight }) => [name, weight]))).toEqual(config.loadtest.weights)
  })

  test('may use a package, as long as it needs nothing of Node', async () => {
    const withPackage = (code: string) => ({
      'visit.ts': `import { word } from 'words'\n${visit(`word(); ${request}`)}`,
      'node_modules/words/package.json': '{ "name": "words", "version": "1.0.0", "main": "index.js" }',
      'node_modules/words/index.js': code,
    })
    const loaded = await loading(
      withPackage("exports.word = () => typeof process === 'undefined' ? 'a' : process.pid"),
      ['visit.ts'],
    )
    expect(loaded.weights).toEqual({ visit: 1 })
    const needsFiles = await refused(withPackage("exports.word = () => require('fs').readFileSync('x')"))
    expect(needsFiles).toContain('node_modules/words/index.js:1:')
    expect(needsFiles).toContain('fs is not there inside k6, and the package words needs it')
    const needsText = await refused(withPackage('exports.word = () => new TextEncoder()'))
    expect(needsText).toContain('visit.ts:6:5: scenario visit stopped: TextEncoder is not defined')
  })
})

describe('a scenario file is refused, with the place and what to write, when it', () => {
  test('is not there', async () => {
    const missing = loading({ 'visits.ts': visit(request) }, ['visit.ts'])
    await expect(missing).rejects.toMatchObject({
      code: 'scenario_file_missing',
      message: 'there is no file visit.ts',
      detail: 'there: visits.ts',
      hint: 'journeys loadtest new visit writes one',
    })
    await expect(loading({ 'visit.sql': 'select 1' })).rejects.toThrow(
      'visit.sql: it is neither TypeScript nor JavaScript',
    )
  })

  test('is not TypeScript', async () => {
    const text = await refused(visit('await await visitor.)'))
    expect(text).toMatch(/^visit\.ts:5:\d+: Expected identifier but found "\)"\n {4}await await visitor\.\)/)
  })

  test('imports what one of the engines lacks', async () => {
    const text = await refused(
      `import { readFile } from 'node:fs/promises'
import http from 'k6/http'
import { visits } from './visits'
import left from 'left'
import remote from 'https://example.com/x.js'
${visit('void [readFile, http, visits, left, remote]')}`,
    )
    expect(text).toContain('5 things are wrong with the scenarios')
    expect(text).toContain(
      "visit.ts:1:26: node:fs/promises is not there inside k6\n    import { readFile } from 'node:fs/promises'",
    )
    expect(text).toContain('visit.ts:2:18: k6/http is there only inside k6')
    expect(text).toContain('visit.ts:3:24: ./visits is not there')
    expect(text).toContain('npm install left')
    expect(text).toContain('visit.ts:5:20: https://example.com/x.js is on another machine')
  })

  test('uses a global of Node or of a browser', async () => {
    const text = await refused(visit("await fetch('/'); setTimeout(() => console.log(new URL('x')), 5)"))
    expect(text).toContain('visit.ts:5:11: fetch is not there for a scenario')
    expect(text).toContain('visitor.request(...) sends a request that is measured')
    for (const name of ['setTimeout', 'console', 'URL']) expect(text).toContain(`${name} is not there for a scenario`)
    expect(await refused(visit(`Object.groupBy([1], String); ${request}`))).toContain(
      'visit.ts:5:12: scenario visit stopped: Object.groupBy is not defined',
    )
    // A name of its own is its own.
    await loading({ 'visit.ts': visit(`const fetch = (path: string) => path; fetch('/'); ${request}`) })
  })

  test('needs what k6 lacks when it is loaded, or does not come to an end', async () => {
    expect(await refused(`const words = nothing.split(' ')\n${visit(request)}`)).toContain(
      'visit.ts:1:15: it cannot be loaded: ReferenceError: nothing is not defined',
    )
    const own = "export const x = (() => { throw new Error('no data') })()"
    expect(await refused(`${own}\n${visit(request)}`)).toContain('visit.ts:1:33: it cannot be loaded: Error: no data')
    expect(await refused(visit('for (;;) await visitor.pause()'))).toContain(
      'visit.ts:5:28: scenario visit goes on for ever when every answer is an empty list',
    )
  })

  test('does not export a scenario', async () => {
    expect(await refused('export const visit = 1')).toContain('visit.ts: nothing is exported as default')
    expect(await refused('const a = 1\nexport default { nam: "x" }')).toContain(
      'visit.ts:2:1: the default export is something that is not a scenario: { nam }',
    )
    expect(await refused('export default []')).toContain('the default export is an empty list')
    expect(await refused(visit(request, 'My Visit'))).toContain('visit.ts:2:1: "My Visit" is not a name for a scenario')
    const weighing = (weight: string) =>
      refused(visit(request).replace("name: 'visit',", `name: 'visit', weight: ${weight},`))
    expect(await weighing('-1')).toContain('the weight of visit is -1')
    expect(await weighing('NaN')).toContain('the weight of visit is NaN')
    expect(await weighing("'2'")).toContain('the weight of visit is "2"')
    expect(await weighing('0')).toContain('no scenario has a weight above 0')
    const digits = `export default [{ name: 'a', weight: 0.00001, run() {} }, { name: 'b', weight: 3, run() {} }]`
    expect(await refused(digits)).toContain('visit.ts: the scenario weights have too many digits to be met exactly')
    const twice = await refused({ 'visit.ts': visit(request), 'visit-again.ts': visit(request) })
    expect(twice).toContain('visit-again.ts:2:1: there are two scenarios named visit')
  })

  test('asks its visitor for what is not there', async () => {
    const asking = async (body: string) => refused(visit(body))
    expect(await asking("await visitor.get('/')")).toContain(
      "visit.ts:5:19: scenario visit asks for visitor.get, which is not there\n    await visitor.get('/')\nvisitor has user, request, pause, check, wrote",
    )
    expect(await asking("await visitor.request('get', '/', { name: 'a' })")).toContain('method "get"')
    expect(await asking("await visitor.request('GET', 'http://x/', { name: 'a' })")).toContain('a path begins with /')
    expect(await asking("await visitor.request('GET', '/')")).toContain('sends GET / without a name')
    expect(await asking("await visitor.request('GET', '/', { name: 'GET ' + visitor.user.id })")).toContain(
      'leave ids out',
    )
    expect(await asking("await visitor.request('GET', '/', { name: 'a', headers: { a: 1 } })")).toContain(
      'header a with 1',
    )
    expect(await asking("visitor.wrote('entries', 'x')")).toContain('a write to "entries"')
    expect(await asking("visitor.check('is there', undefined)")).toContain('passes undefined to check "is there"')
    expect(await asking("visitor.request('GET', '/', { name: 'a' })")).toContain(
      'visit.ts:5:13: scenario visit ends before its request does',
    )
    expect(await asking('await new Promise(() => {})')).toContain(
      'waits for something that is neither a request nor a pause',
    )
    // Only when there is no answer.
    expect(await asking(`for (;;) { const { ok } = ${request}; if (ok) break }`)).toContain(
      'goes on for ever when there is no answer',
    )
  })
})

test('journeys loadtest new writes a file that type-checks and is taken as it is, and never over one that is there', () =>
  withFolder(async (folder) => {
    const { file, name } = await newScenario('read-a-week', folder)
    expect([file, name]).toEqual([path.join('loadtest', 'read-a-week.ts'), 'read_a_week'])
    const { weights, remove } = await loadScenarioFiles([file], folder)
    await remove()
    expect(weights).toEqual({ read_a_week: 1 })
    await typeCheck(folder, [file, path.join(root, 'docs/examples/weekly-review.ts')])
    await expect(newScenario('read_a_week', folder)).rejects.toMatchObject({ code: 'scenario_exists', exitCode: 2 })
    await expect(newScenario('../escape', folder)).rejects.toMatchObject({ code: 'scenario_name_invalid' })
  }))

/** As a person's editor would, with the types of this checkout. */
async function typeCheck(folder: string, files: string[]): Promise<void> {
  await writeFile(path.join(folder, 'package.json'), '{ "type": "module" }')
  await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'), 'junction')
  const options = { extends: path.join(root, 'tsconfig.base.json'), files }
  const overrides = {
    noEmit: true,
    composite: false,
    declaration: false,
    emitDeclarationOnly: false,
    types: [],
    noUnusedLocals: true,
  }
  await writeFile(
    path.join(folder, 'tsconfig.json'),
    JSON.stringify({ ...options, compilerOptions: { ...overrides, lib: ['es2023', 'dom'] } }),
  )
  const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const told = await promisify(execFile)(process.execPath, [tsc, '-p', folder]).catch(({ stdout }) => ({ stdout }))
  expect(told.stdout).toBe('')
}
