import { randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { ExitCode, JourneysError } from '@journeys/core/ops'
import { z } from 'zod'
import type { RunFile } from '../result.ts'
import { differenceText, fingerprintDifferences } from './fingerprint.ts'
import { type MeasuredRun, measuredRun, measuredRunSchema } from './measured-run.ts'

const schemaName = 'journeys/loadtest-baseline/1'
const namePattern = /^[a-z0-9][a-z0-9._-]{0,63}$/
const ending = '.json'

const baselineSchema = z.strictObject({
  schema: z.literal(schemaName),
  name: z.string().regex(namePattern),
  runs: z.array(measuredRunSchema).min(1),
})

/** `loadtest-baselines/<name>.json`: the runs that later ones are compared with. */
export type Baseline = z.infer<typeof baselineSchema>

export interface SavedBaseline {
  readonly baseline: Baseline
  readonly file: string
  readonly bytes: number
  /** There was one of that name before. */
  readonly replaced: boolean
}

/** One line of `baseline list`. */
export interface ListedBaseline {
  readonly name: string
  readonly file: string
  readonly bytes: number
  /** Absent when the file cannot be read as a baseline; `problem` says why. */
  readonly baseline?: Baseline
  readonly problem?: string
}

/**
 * Makes a baseline of runs, in place of one of the same name. Git keeps the old one.
 * @param folder absolute
 * @param runs the repeats of one series
 * @throws JourneysError (exit 2) for a name that is no file name, or runs that are not of the same thing, were interrupted or
 *   are invalid
 */
export async function saveBaseline(folder: string, name: string, runs: readonly RunFile[]): Promise<SavedBaseline> {
  checkName(name)
  const measured = runs.map(measuredRun)
  checkRuns(name, measured)
  const file = fileOf(folder, name)
  const replaced = (await stat(file).catch(() => undefined)) !== undefined
  const baseline: Baseline = { schema: schemaName, name, runs: measured }
  const text = baselineText(baseline)
  await mkdir(folder, { recursive: true })
  // A reader, or a Ctrl-C, never meets half a file.
  const draft = `${file}.${randomUUID()}.tmp`
  try {
    await writeFile(draft, text)
    await rename(draft, file)
  } catch (error) {
    await rm(draft, { force: true })
    throw new JourneysError('baseline_not_written', `the baseline "${name}" could not be written`, {
      detail: (error as Error).message,
      cause: error,
    })
  }
  return { baseline, file, bytes: Buffer.byteLength(text), replaced }
}

/** @throws JourneysError (exit 2): `baseline_missing` that names those there are, or `baseline_unreadable` */
export async function readBaseline(folder: string, name: string): Promise<Baseline> {
  const found = await findBaseline(folder, name)
  if (found) return found
  const names = (await baselineNames(folder)).join(', ')
  throw new JourneysError('baseline_missing', `there is no baseline "${name}"`, {
    detail: names === '' ? `none in ${folder}` : `there: ${names}`,
    hint: `journeys loadtest baseline save ${name}`,
    exitCode: ExitCode.usage,
  })
}

/** As `readBaseline`, but `undefined` when there is none of that name. */
export async function findBaseline(folder: string, name: string): Promise<Baseline | undefined> {
  checkName(name)
  const file = fileOf(folder, name)
  const text = await textOf(file)
  return text === undefined ? undefined : parseBaseline(text, file)
}

/** All baselines of a folder, by name; a file that is none is listed with its problem. */
export async function listBaselines(folder: string): Promise<ListedBaseline[]> {
  const names = await baselineNames(folder)
  return Promise.all(
    names.map(async (name) => {
      const file = fileOf(folder, name)
      const text = (await textOf(file)) ?? ''
      const bytes = Buffer.byteLength(text)
      try {
        return { name, file, bytes, baseline: parseBaseline(text, file) }
      } catch (error) {
        if (!(error instanceof JourneysError)) throw error
        return { name, file, bytes, problem: error.detail ?? error.message }
      }
    }),
  )
}

/** @throws JourneysError `baseline_missing` (exit 2) */
export async function deleteBaseline(folder: string, name: string): Promise<{ file: string }> {
  checkName(name)
  const file = fileOf(folder, name)
  // Reading it first names those there are; an unreadable one can be deleted all the same.
  if ((await textOf(file)) === undefined) await readBaseline(folder, name)
  await rm(file)
  return { file }
}

/** @throws JourneysError `baseline_unreadable` (exit 2) that says where in the file */
export function parseBaseline(text: string, file: string): Baseline {
  const problem = (detail: string, cause?: unknown) =>
    new JourneysError('baseline_unreadable', `${path.basename(file)} is not a baseline`, {
      detail,
      hint: 'save it anew, or take it from Git again',
      exitCode: ExitCode.usage,
      cause,
    })
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw problem((error as Error).message, error)
  }
  const parsed = baselineSchema.safeParse(json)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw problem(issue ? `${issue.path.join('.') || 'the whole'}: ${issue.message}` : 'it has another form')
}

/**
 * Two-space JSON with one line for each list of numbers, so that a change can be read, and keys in the schema's order, so
 * that the same runs give the same bytes.
 */
function baselineText(baseline: Baseline): string {
  const text = JSON.stringify(
    baselineSchema.parse(baseline),
    (_, value: unknown) => (isNumbers(value) ? `\u0000${JSON.stringify(value)}\u0000` : value),
    2,
  )
  return `${text.replace(/"\\u0000(.*?)\\u0000"/g, '$1')}\n`
}

function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'number')
}

function checkRuns(name: string, runs: readonly MeasuredRun[]): void {
  const refuse = (message: string, detail?: string) =>
    new JourneysError('baseline_not_saved', message, {
      detail,
      hint: `run it again: journeys loadtest baseline save ${name}`,
      exitCode: ExitCode.usage,
    })
  const [first, ...others] = runs
  if (!first) throw refuse('there is no run to save')
  for (const { id, interrupted, verdict } of runs) {
    if (interrupted) throw refuse(`the run ${id} was interrupted: later ones cannot be held against it`)
    if (verdict === 'invalid') throw refuse(`the run ${id} is invalid: its figures say nothing about the server`)
  }
  for (const other of others) {
    const differences = fingerprintDifferences(first.fingerprint, other.fingerprint)
    if (differences.length > 0) {
      throw refuse('the runs are not of the same thing', differences.map(differenceText).join('; '))
    }
  }
}

function checkName(name: string): void {
  if (namePattern.test(name) && !name.endsWith(ending)) return
  throw new JourneysError('baseline_name_invalid', `"${name}" cannot be a baseline's name`, {
    hint: 'lower case, digits, dots, hyphens and underscores: main, release-1.4',
    exitCode: ExitCode.usage,
  })
}

async function baselineNames(folder: string): Promise<string[]> {
  const files = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return files
    .filter((file) => file.endsWith(ending))
    .map((file) => file.slice(0, -ending.length))
    .filter((name) => namePattern.test(name))
    .sort()
}

async function textOf(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}

function fileOf(folder: string, name: string): string {
  return path.join(folder, `${name}${ending}`)
}
