import type { Ora } from 'ora'
import type { OutputStream } from './output.ts'

/** What a person at a terminal sees while work goes on; a log gets only the notes. */
export interface Progress {
  /** Whether `show` is seen by anyone: lets a caller skip the work of drawing. */
  readonly live: boolean
  /** What is being done now. Replaces the last text; nothing off a terminal. */
  show(text: string): void
  /** One lasting line, also off a terminal: for work of many seconds. */
  note(text: string): void
  /** Takes the moving line away. */
  clear(): void
}

export function createProgress(stream: OutputStream, options: { env: NodeJS.ProcessEnv; quiet: boolean }): Progress {
  const live = Boolean(stream.isTTY) && options.env.TERM !== 'dumb' && !options.quiet
  let wanted: string | undefined
  let spinner: Ora | undefined
  let loading = false

  async function load(): Promise<void> {
    loading = true
    const { default: ora } = await import('ora')
    spinner = ora({ stream: stream as NodeJS.WriteStream, isEnabled: true, discardStdin: false, color: 'cyan' })
    if (wanted !== undefined) spinner.start(wanted)
  }

  const clear = (): void => {
    wanted = undefined
    if (spinner?.isSpinning) spinner.stop()
  }

  return {
    live,
    show(text) {
      if (!live) return
      wanted = text
      // The spinner is loaded by the first text, and starts with the newest one: most commands never show any.
      if (spinner) {
        spinner.text = text
        if (!spinner.isSpinning) spinner.start()
      } else if (!loading) void load()
    },
    note(text) {
      if (options.quiet) return
      const shown = wanted
      clear()
      stream.write(`${text}\n`)
      if (shown !== undefined && live) {
        wanted = shown
        spinner?.start(shown)
      }
    },
    clear,
  }
}
