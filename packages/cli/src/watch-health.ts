import { setTimeout as sleep } from 'node:timers/promises'
import { ExitCode, type HealthReport } from '@journeys/core/ops'
import type { Outcome } from './command.ts'
import type { CommandContext } from './context.ts'
import { renderHealthLine } from './views/health.ts'

type Checked = Omit<HealthReport, 'durationMs'>

/** Up to where the last report began, and everything from there away: what stood above stays. */
const redraw = (lines: number) => `\u001b[${lines}A\u001b[J`

/**
 * Checks again and again until Ctrl-C. A terminal is redrawn; a log gets one line a time, `--json` one document a line.
 * The interval is from start to start; a check that takes longer is followed by the next at once.
 */
export async function watchHealth(
  context: CommandContext,
  seconds: number,
  check: () => Promise<Outcome<Checked>>,
): Promise<Outcome<Checked>> {
  const { output, signal } = context
  let latest: Outcome<Checked> | undefined
  let drawn = 0
  while (!signal.aborted) {
    const next = Date.now() + seconds * 1000
    try {
      latest = await check()
    } catch (error) {
      if (signal.aborted) break
      throw error
    }
    if (output.live && drawn > 0) output.raw(redraw(drawn))
    if (output.live || output.json) drawn = context.emit(latest).split('\n').length
    else output.print(renderHealthLine(latest.document, output.out))
    await sleep(Math.max(0, next - Date.now()), undefined, { signal }).catch(() => undefined)
  }
  if (latest === undefined) throw signal.reason
  return { ...latest, exitCode: ExitCode.interrupted, printed: true }
}
