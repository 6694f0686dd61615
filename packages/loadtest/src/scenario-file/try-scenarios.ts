import { readFile } from 'node:fs/promises'
import { SourceMap } from 'node:module'
import path from 'node:path'
import vm from 'node:vm'
import type { ScenarioBundles } from './bundle-scenario-files.ts'
import { foreignUses, withoutMarkers } from './foreign-globals.ts'
import { type ScenarioProblem, scenarioProblems } from './scenario-problem.ts'
import type { TrialOutcome, tryScenarios } from './trial.ts'

/** Loading a file and playing a visit against answers that are there at once takes milliseconds. */
const longestMs = 5_000
const scriptName = 'scenario-trial.js'
/** Of JavaScript's own, and yet k6 1.8 does not have them. */
const lackingGlobals = [
  'Intl',
  'WeakRef',
  'FinalizationRegistry',
  'SharedArrayBuffer',
  'Atomics',
  'WebAssembly',
  'Iterator',
  'console',
]
const lackingFunctions = [
  'Object.groupBy',
  'Map.groupBy',
  'Array.fromAsync',
  'Promise.withResolvers',
  'String.prototype.isWellFormed',
  'String.prototype.toWellFormed',
  'Set.prototype.union',
  'Set.prototype.intersection',
  'Set.prototype.difference',
]
/** In the context, before anything else. A function is asked for on an object, so that it has to speak up itself. */
const takeAway = [
  ...lackingGlobals.map((name) => `delete globalThis.${name}`),
  ...lackingFunctions.map((name) => {
    const [, owner, member] = /^(.*)\.(\w+)$/.exec(name) as unknown as [string, string, string]
    const raise = `throw new ReferenceError('${name} is not defined')`
    return `Object.defineProperty(${owner}, '${member}', { configurable: true, get() { ${raise} } })`
  }),
].join('\n')

/**
 * Loads the scenarios and plays each once, in a context that has the language and nothing of Node, as inside k6.
 * @param files absolute paths, in the bundle's order
 * @returns the weights by name
 * @throws JourneysError (exit 2) with every place that has to be mended
 */
export async function tryScenarioBundle(
  { trial, trialMap }: ScenarioBundles,
  files: readonly string[],
  workdir: string,
): Promise<Record<string, number>> {
  const places = new Places(trialMap, workdir)
  const foreign = foreignUses(trial).flatMap(({ name, fix, line, column }) => {
    const place = places.at(line, column)
    // A package may ask for what it can do without; if it cannot, the trial below shows it.
    return place && !place.file.includes('node_modules')
      ? [{ place, problem: `${name} is not there for a scenario`, fix: fix || 'leave it out' }]
      : []
  })
  if (foreign.length > 0) throw await problemsAt(foreign, workdir)

  const { findings, weights } = play(trial, places, files, workdir)
  if (findings.length === 0) return weights
  throw await problemsAt(
    findings.map(({ file, problem, fix, stack }) => ({
      place: places.ofStack(stack) ?? { file: path.relative(workdir, files[file] as string) },
      problem: withoutMarkers(problem),
      fix,
    })),
    workdir,
  )
}

function play(trial: string, places: Places, files: readonly string[], workdir: string): TrialOutcome {
  const context = vm.createContext({ crypto: globalThis.crypto }, { microtaskMode: 'afterEvaluate' })
  const run = (code: string, filename: string) =>
    new vm.Script(code, { filename }).runInContext(context, { timeout: longestMs })
  try {
    run(takeAway, 'take-away.js')
    run(trial, scriptName)
    // Everything in there is answered at once: when this returns, the promise has been kept.
    run(
      'journeysTrial.tryScenarios(journeysTrial.modules).then((outcome) => { globalThis.outcome = JSON.stringify(outcome) })',
      'play.js',
    )
  } catch (error) {
    throw scenarioProblems([loadProblem(error, places, files, workdir)])
  }
  const outcome = run('globalThis.outcome', 'outcome.js') as string | undefined
  const never = 'waits for something that is neither a request nor a pause'
  return outcome === undefined
    ? {
        findings: [{ file: 0, problem: `a scenario ${never}`, fix: 'a scenario waits for its visitor only' }],
        weights: {},
      }
    : (JSON.parse(outcome) as Awaited<ReturnType<typeof tryScenarios>>)
}

function loadProblem(error: unknown, places: Places, files: readonly string[], workdir: string): ScenarioProblem {
  const { code, message, name, stack } = error as NodeJS.ErrnoException
  const file = path.relative(workdir, files[0] as string)
  if (code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') {
    const problem = `the scenarios do not come to an end within ${longestMs / 1000} seconds, though every answer is there at once`
    return { place: file, problem, fix: 'look for a loop that has no end' }
  }
  const place = places.ofStack(stack)
  return {
    place: place ? placeText(place) : file,
    problem: `it cannot be loaded: ${name}: ${withoutMarkers(message)}`,
    fix: 'a scenario has the JavaScript language and its visitor, on every engine; nothing of Node or of a browser',
  }
}

interface Place {
  readonly file: string
  /** Both from 1. */
  readonly line?: number
  readonly column?: number
}

function placeText({ file, line, column }: Place): string {
  return line === undefined ? file : `${file}:${line}:${column}`
}

/** From the bundle back to what a person wrote. */
class Places {
  readonly #map: SourceMap
  readonly #workdir: string

  constructor(json: string, workdir: string) {
    this.#map = new SourceMap(JSON.parse(json))
    this.#workdir = workdir
  }

  /** @param line from 0, as `column` */
  at(line: number, column: number): Required<Place> | undefined {
    const entry = this.#map.findEntry(line, column)
    if (!('originalSource' in entry) || entry.originalSource === undefined) return undefined
    const file = path.relative(this.#workdir, path.resolve(this.#workdir, entry.originalSource))
    return { file, line: entry.originalLine + 1, column: entry.originalColumn + 1 }
  }

  /** The innermost place of a stack that is in the user's files. */
  ofStack(stack: string | undefined): Required<Place> | undefined {
    for (const [, line, column] of (stack ?? '').matchAll(/scenario-trial\.js:(\d+):(\d+)/g)) {
      const place = this.at(Number(line) - 1, Number(column) - 1)
      if (place && !/node_modules|scenario-file[\\/]trial\.ts$/.test(place.file)) return place
    }
    return undefined
  }
}

async function problemsAt(found: readonly (Omit<ScenarioProblem, 'place'> & { place: Place })[], workdir: string) {
  return scenarioProblems(
    await Promise.all(
      found.map(async ({ place, problem, fix }) => {
        if (place.line !== undefined)
          return { place: placeText(place), problem, fix, line: await lineOf(place, workdir) }
        const exported = await exportLine(place.file, workdir)
        return { place: placeText({ ...place, ...exported?.place }), problem, fix, line: exported?.line }
      }),
    ),
  )
}

async function lineOf({ file, line = 1 }: Place, workdir: string): Promise<string | undefined> {
  const text = await readFile(path.resolve(workdir, file), 'utf8').catch(() => '')
  return text.split('\n')[line - 1]?.trim()
}

/** Where a file's default export begins. */
async function exportLine(file: string, workdir: string) {
  const lines = (await readFile(path.resolve(workdir, file), 'utf8').catch(() => '')).split('\n')
  const index = lines.findIndex((line) => /^\s*export\s+(default\b|\{.*\bdefault\b)/.test(line))
  return index < 0 ? undefined : { place: { line: index + 1, column: 1 }, line: lines[index]?.trim() }
}
