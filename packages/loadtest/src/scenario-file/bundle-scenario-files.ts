import { createRequire, isBuiltin } from 'node:module'
import path from 'node:path'
import type { BuildFailure, BuildOptions, Message, Plugin } from 'esbuild'
import { foreignDefines } from './foreign-globals.ts'
import { type ScenarioProblem, scenarioProblems } from './scenario-problem.ts'

export const publicModule = '@journeys/loadtest/scenario'

export interface ScenarioBundles {
  /** What both engines load: one ES module without imports, whose export is `scenarios`. */
  readonly module: string
  /** For the trial: a script that leaves `journeysTrial`, with what k6 lacks made findable. */
  readonly trial: string
  /** Of `trial`: JSON, its `sources` relative to `workdir`. */
  readonly trialMap: string
}

/**
 * @param files absolute paths
 * @param workdir places in errors are relative to it
 * @throws JourneysError (exit 2) with every place that cannot be bundled, or would not run inside k6
 */
export async function bundleScenarioFiles(files: readonly string[], workdir: string): Promise<ScenarioBundles> {
  const root = path.dirname(createRequire(import.meta.url).resolve('@journeys/loadtest/package.json'))
  const imports = files.map((file, index) => `import * as file${index} from ${JSON.stringify(file)}`)
  const modules = `[${files.map((_, index) => `file${index}`).join(', ')}]`
  const entry = [
    ...imports,
    `export const scenarios = Object.fromEntries(${modules}`,
    '  .flatMap((module) => module.default)',
    '  .map((scenario) => [scenario.name, (visitor) => scenario.run(visitor)]))',
  ]
  const trialEntry = [
    ...imports,
    `export { tryScenarios } from ${JSON.stringify(path.join(root, 'src/scenario-file/trial.ts'))}`,
    `export const modules = ${modules}`,
  ]
  const shared = { plugins: [onlyWhatBothEnginesHave(root)], absWorkingDir: workdir } satisfies BuildOptions
  const [module, trial] = await Promise.all([
    bundle(entry, { ...shared, format: 'esm' }),
    bundle(trialEntry, {
      ...shared,
      format: 'iife',
      globalName: 'journeysTrial',
      define: { ...foreignDefines },
      sourcemap: 'external',
      outfile: path.join(workdir, 'scenario-trial.js'),
    }),
  ])
  return { module: module.code, trial: trial.code, trialMap: trial.map }
}

async function bundle(entry: readonly string[], options: BuildOptions): Promise<{ code: string; map: string }> {
  const { build } = await import('esbuild')
  try {
    const { outputFiles = [] } = await build({
      stdin: { contents: entry.join('\n'), resolveDir: options.absWorkingDir as string, sourcefile: 'all scenarios' },
      bundle: true,
      write: false,
      platform: 'neutral',
      // Packages that are not ES modules yet; a browser's version of one may need a browser.
      mainFields: ['module', 'main'],
      target: 'es2020',
      logLevel: 'silent',
      ...options,
    })
    const text = (map: boolean) => outputFiles.find((file) => file.path.endsWith('.map') === map)?.text ?? ''
    return { code: text(false), map: text(true) }
  } catch (error) {
    const messages = (error as Partial<BuildFailure>).errors
    if (!messages?.length) throw error
    throw scenarioProblems(messages.map(problemOf))
  }
}

/** Refuses what would run on one engine only. */
function onlyWhatBothEnginesHave(root: string): Plugin {
  return {
    name: 'only what both engines have',
    setup({ onResolve }) {
      onResolve({ filter: /^@journeys\/loadtest\/scenario$/ }, () => ({
        path: path.join(root, 'src/scenario-file/scenario.ts'),
      }))
      onResolve({ filter: /^k6(\/|$)/ }, ({ path: name }) => ({
        errors: [
          refusal(
            name,
            'is there only inside k6',
            'what a scenario does, it does through its visitor, on every engine',
          ),
        ],
      }))
      onResolve({ filter: /^https?:/ }, ({ path: name }) => ({
        errors: [
          refusal(name, 'is on another machine', 'npm install the package, or keep the file beside the scenario'),
        ],
      }))
      onResolve({ filter: /^[a-z]/ }, ({ path: name, importer }) => {
        if (!isBuiltin(name)) return undefined
        const needing = packageOf(importer)
        return {
          errors: [
            needing
              ? refusal(name, `is not there inside k6, and the package ${needing} needs it`, `leave ${needing} out`)
              : refusal(name, 'is not there inside k6', 'import data as JSON (`import data from "./data.json"`)'),
          ],
        }
      })
    },
  }
}

function refusal(name: string, why: string, fix: string) {
  return { text: `${name} ${why}`, detail: { fix } }
}

/** The npm package that a file belongs to, if it does. */
function packageOf(file: string): string | undefined {
  const [, inside] = /.*[\\/]node_modules[\\/](.*)$/.exec(file) ?? []
  const [first = '', second = ''] = inside?.split(/[\\/]/) ?? []
  return inside === undefined ? undefined : first.startsWith('@') ? `${first}/${second}` : first
}

function problemOf({ text, location, detail, notes }: Message): ScenarioProblem {
  const missing = /^Could not resolve "([^"]+)"/.exec(text)?.[1]
  const relative = missing?.startsWith('.')
  return {
    place: location ? `${location.file}:${location.line}:${location.column + 1}` : 'the scenarios',
    problem: missing ? `${missing} is not there` : text,
    fix:
      (detail as { fix?: string } | undefined)?.fix ??
      (missing
        ? relative
          ? 'write the path with its ending, relative to this file'
          : `npm install ${missing}`
        : undefined) ??
      notes[0]?.text ??
      '',
    line: location?.lineText.trim(),
  }
}
