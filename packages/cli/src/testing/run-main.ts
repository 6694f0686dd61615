import { PassThrough, Writable } from 'node:stream'
import { main } from '../main.ts'

export interface RunOptions {
  cwd?: string
  /** Added to PATH and HOME: colours and secrets of the shell that runs the tests must not reach them. */
  env?: NodeJS.ProcessEnv
  signal?: AbortSignal
  /** Columns of a terminal; without it stdout and stderr are pipes. */
  terminal?: number
  /** Called with everything that was written so far. */
  onOutput?: (stdout: string, stderr: string) => void
}

export interface Ran {
  code: number
  stdout: string
  stderr: string
}

/** Runs the whole CLI in this process and returns what a person would have seen. */
export async function runMain(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const written = { stdout: '', stderr: '' }
  const stream = (name: 'stdout' | 'stderr') => {
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        written[name] += chunk.toString()
        options.onOutput?.(written.stdout, written.stderr)
        done()
      },
    })
    if (options.terminal === undefined) return sink
    const screen = {
      isTTY: true,
      columns: options.terminal,
      // A line that is drawn again stands on a line of its own here.
      clearLine: () => sink.write('\n'),
      cursorTo: () => true,
      moveCursor: () => true,
    }
    return Object.assign(sink, screen)
  }
  const code = await main({
    argv,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...options.env },
    cwd: options.cwd ?? process.cwd(),
    stdin: new PassThrough(),
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    ...(options.signal && { signal: options.signal }),
  })
  return { code, ...written }
}
