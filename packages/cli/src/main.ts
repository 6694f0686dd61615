import type { OutputStream } from './output/output.ts'

declare const __JOURNEYS_VERSION__: string

/** Everything the command takes from its process, so that a test runs it whole and reads what it printed. */
export interface MainOptions {
  /** Without the two words before them (`process.argv.slice(2)`). */
  argv: readonly string[]
  env: NodeJS.ProcessEnv
  cwd: string
  stdin: NodeJS.ReadableStream
  stdout: OutputStream
  stderr: OutputStream
  /** Aborted by the first Ctrl-C or SIGTERM. */
  signal?: AbortSignal
}

/**
 * Runs one command and returns the exit code; never throws and never exits the process.
 * `--version` is answered before anything else is loaded: it has to cost little more than starting Node.
 */
export async function main(options: MainOptions): Promise<number> {
  const [word] = options.argv
  if (options.argv.length === 1 && (word === '--version' || word === '-V')) {
    options.stdout.write(`${__JOURNEYS_VERSION__}\n`)
    return 0
  }
  const { runProgram } = await import('./program.ts')
  return runProgram(options)
}
