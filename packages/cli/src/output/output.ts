import { type Look, lookOf } from './look.ts'
import { createProgress, type Progress } from './progress.ts'

/** A process's stdout or stderr, or what a test puts in its place. */
export type OutputStream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number }

export interface OutputOptions {
  stdout: OutputStream
  stderr: OutputStream
  env: NodeJS.ProcessEnv
  json: boolean
  quiet: boolean
  color: boolean
}

/** Where a command's words go: data to stdout, everything about the work itself to stderr. */
export interface Output {
  readonly json: boolean
  readonly out: Look
  readonly err: Look
  readonly progress: Progress
  /** Whether stdout is a screen that may be redrawn. */
  readonly live: boolean
  /** To stdout, ended by exactly one newline. */
  print(text: string): void
  /** To stderr, ended by exactly one newline. */
  complain(text: string): void
  /** As it is: control sequences of a redrawn screen. */
  raw(text: string): void
}

export function createOutput(options: OutputOptions): Output {
  const { stdout, stderr, env, color, json, quiet } = options
  const progress = createProgress(stderr, { env, quiet })
  return {
    json,
    out: lookOf(stdout, env, color),
    err: lookOf(stderr, env, color),
    progress,
    live: Boolean(stdout.isTTY) && !json,
    print(text) {
      progress.clear()
      stdout.write(endLine(text))
    },
    complain(text) {
      progress.clear()
      stderr.write(endLine(text))
    },
    raw: (text) => void stdout.write(text),
  }
}

function endLine(text: string): string {
  return text === '' ? '' : `${text.replace(/\n+$/, '')}\n`
}
