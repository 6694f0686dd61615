import { Chalk, type ChalkInstance } from 'chalk'
import type { OutputStream } from './output.ts'

/** How text for one stream may look: renderers take it, so that the same function serves a terminal, a pipe and a test. */
export interface Look {
  /** Columns that a line may take. */
  readonly width: number
  readonly paint: ChalkInstance
}

/** What a pipe gets, and a terminal that does not say how wide it is. */
const pipeWidth = 80
/** Wider lines are hard to follow from one column to the next. */
const widestUseful = 120

/** `color` is false after `--no-color`. Each stream is judged alone: `journeys health 2>log` keeps its colours. */
export function lookOf(stream: OutputStream, env: NodeJS.ProcessEnv, color: boolean): Look {
  const width = stream.isTTY && stream.columns ? Math.min(stream.columns, widestUseful) : pipeWidth
  return { width, paint: new Chalk({ level: color ? colourLevel(stream, env) : 0 }) }
}

/** No colours, 80 columns: for documents and tests. */
export const plainLook: Look = { width: pipeWidth, paint: new Chalk({ level: 0 }) }

function colourLevel(stream: OutputStream, env: NodeJS.ProcessEnv): 0 | 1 | 2 | 3 {
  // As Node's own getColorDepth: FORCE_COLOR beats NO_COLOR (https://no-color.org), which counts when it is not empty.
  const { FORCE_COLOR: forced } = env
  if (forced !== undefined) {
    if (forced === '0' || forced === 'false') return 0
    return forced === '2' ? 2 : forced === '3' ? 3 : 1
  }
  if (env.NO_COLOR || env.TERM === 'dumb') return 0
  return stream.isTTY ? 1 : 0
}
