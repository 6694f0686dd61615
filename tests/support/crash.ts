import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import type { StepEvent } from '../../packages/core/src/step.ts'
import type { CrashProject } from './crash-project.ts'

/*
 * What a `kill -9` leaves behind, at every step of a long operation. How a test uses it:
 *
 *   const project = await createCrashProject()                  // crash-project.ts: Postgres (durable), Storage, .env, in a folder of its own
 *   const whole = await journeys(project, ['retention', 'run', '--confirm', 'crash'])          // undisturbed: names every step
 *   for (const point of crashPoints(whole, ['cli', 'postgres'])) {                             // so a new step is looped over by itself
 *     await project.recall()                                    // the database as it was at project.remember()
 *     const killed = await journeys(project, [...], { crash: point })
 *     expectKilled(killed, point)                               // it happened, and nothing printed says done (false: see there)
 *     await project.restartPostgres()                           // does nothing while it lives
 *     const rerun = await journeys(project, [...])              // then compare with what `whole` left
 *   }
 *
 * The command is the built one (`npm run build`), in a process of its own, on the environment `crash` of the project
 * (`--env crash` is added). There is no switch for this in the product: crash-preload.mjs listens to the steps that it announces.
 */

export type Victim = 'cli' | 'postgres'

/** When the kill happens, and whose. `inside`: some time after the step began, wherever that is. */
export type CrashPoint = { step: string; victim: Victim } & (
  | { moment: StepEvent['moment'] }
  | { moment: 'inside'; afterMs: number }
)

/** What the preload is told. */
export type CrashOrder = CrashPoint & { postmaster: number }

/** A step as it was announced; `at` in milliseconds of the command's process. */
export interface TracedStep extends StepEvent {
  at: number
}

export interface CrashRun {
  /** Null when a signal ended it. */
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
  steps: TracedStep[]
  /** Whether the kill that was asked for happened. */
  struck: boolean
}

export interface CrashRunOptions {
  crash?: CrashPoint
  /** Variables on top of PATH and HOME. */
  env?: NodeJS.ProcessEnv
  stdin?: string
}

const bin = join(import.meta.dirname, '..', '..', 'packages', 'cli', 'bin', 'journeys.js')
const preload = fileURLToPath(new URL('./crash-preload.mjs', import.meta.url))

/** Runs the real command in a process of its own, and kills it, or its database, where `crash` says. */
export async function journeys(
  project: CrashProject,
  argv: readonly string[],
  options: CrashRunOptions = {},
): Promise<CrashRun> {
  if (!existsSync(join(bin, '..', '..', 'dist', 'main.js'))) throw new Error('the command is not built: npm run build')
  const folder = await mkdtemp(join(tmpdir(), 'journeys-crash-trace-'))
  const trace = join(folder, 'steps.jsonl')
  const order = options.crash && { ...options.crash, postmaster: project.postmasterPid() }
  try {
    const child = spawn(process.execPath, ['--import', preload, bin, ...argv, '--env', project.environment], {
      cwd: project.workdir,
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        CRASH_TRACE: trace,
        ...(order && { CRASH_AT: JSON.stringify(order satisfies CrashOrder) }),
        ...options.env,
      },
      stdio: ['pipe', 'pipe', 'pipe'],
      // Longer than any of these take: what hangs does not outlive its test.
      timeout: 150_000,
      killSignal: 'SIGKILL',
    })
    // A command that is killed, or that reads nothing, closes its end.
    child.stdin.on('error', () => undefined)
    child.stdin.end(options.stdin ?? '')
    const [stdout, stderr, [code, signal]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
    ])
    const lines = (await readFile(trace, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '')
    const events = lines.map((line) => JSON.parse(line) as TracedStep | { struck: true })
    const steps = events.filter((event) => 'step' in event)
    return { code, signal, stdout, stderr, steps, struck: events.length > steps.length }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The names of the steps that a run went through, each once, in the order in which they began. */
export function stepsOf(run: CrashRun): string[] {
  return [...new Set(run.steps.map(({ step }) => step))]
}

/**
 * Every moment of every step of an undisturbed run, for each victim. A step that took some time is also hit in the middle of it.
 * @param inside - from how many milliseconds on
 */
export function crashPoints(
  whole: CrashRun,
  victims: readonly Victim[],
  { inside = 15 }: { inside?: number } = {},
): CrashPoint[] {
  return stepsOf(whole).flatMap((step) => {
    const begun = whole.steps.find((event) => event.step === step && event.moment === 'begins')?.at
    const ended = whole.steps.findLast((event) => event.step === step && event.moment === 'ended')?.at
    const took = begun === undefined || ended === undefined ? 0 : ended - begun
    return victims.flatMap((victim): CrashPoint[] => [
      ...(begun === undefined ? [] : [{ step, victim, moment: 'begins' as const }]),
      ...(took < inside ? [] : [{ step, victim, moment: 'inside' as const, afterMs: took / 3 }]),
      ...(ended === undefined ? [] : [{ step, victim, moment: 'ended' as const }]),
    ])
  })
}

/** For the name of a test: `Postgres is killed when "rows public.profiles" has ended`. */
export function describePoint({ step, moment, victim }: CrashPoint): string {
  const when = {
    begins: `when "${step}" begins`,
    inside: `in the middle of "${step}"`,
    ended: `when "${step}" has ended`,
  }
  return `${victim === 'cli' ? 'the command' : 'Postgres'} is killed ${when[moment]}`
}

/**
 * The kill happened, and the run said nothing that could be taken for success: killed itself, it has no exit code and printed no
 * document; without its database, it ended with the exit code for "cannot reach" and an error on stderr.
 * @returns false when the run ended as a success all the same, because it was past the last thing it needed: the caller has to hold
 *   what it said against the database
 */
export function expectKilled(run: CrashRun, point: CrashPoint): boolean {
  const { code, signal, stdout, stderr, struck } = run
  const told = `${describePoint(point)}\nexit ${code ?? signal}\n${stdout}\n${stderr}`
  const wasEarlier = !struck && point.moment === 'inside'
  if (code === 0 && (wasEarlier || (struck && point.victim === 'postgres'))) return false
  expect(struck, `nothing was killed: ${told}`).toBe(true)
  if (point.victim === 'cli') expect(signal, told).toBe('SIGKILL')
  else expect(code, told).toBe(4)
  expect(stdout, told).toBe('')
  expect(stderr, told).not.toMatch(/\b(?:erased|finished|completed?|receipt)\b/i)
  return true
}
