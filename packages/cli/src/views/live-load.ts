import type { LoadProgress } from '@journeys/loadtest'
import { formatClock, formatDuration } from '../output/duration.ts'
import type { Look } from '../output/look.ts'
import { formatCount } from '../output/number.ts'

const names: Readonly<Record<string, string>> = { ramp: 'ramp up', down: 'ramp down' }
const phaseColumn = 9

/** `steady    ████████░░░░  0:41 of 0:58   612 req/s   p95 14 ms   errors 0`: one line that a terminal redraws. */
export function renderLiveLoad(live: LoadProgress, look: Look): string {
  const { phase, elapsedMs, totalMs, users, plannedUsers, rps, p95Ms, errors } = live
  if (phase === 'starting') return 'starting the engine'
  if (phase === 'cleanup') return 'removing the users'
  const name = (names[phase] ?? phase).padEnd(phaseColumn)
  const share = phase === 'users' ? users / Math.max(1, plannedUsers) : elapsedMs / Math.max(1, totalMs)
  const figures =
    phase === 'users'
      ? `${formatCount(users)} of ${formatCount(plannedUsers)}`
      : [
          `${formatClock(Math.min(elapsedMs, totalMs))} of ${formatClock(totalMs)}`,
          `${formatCount(rps).padStart(4)} req/s`,
          `p95 ${(p95Ms === undefined ? '–' : formatDuration(p95Ms)).padStart(6)}`,
          `errors ${formatCount(errors)}`,
        ].join('   ')
  // What is left of the line beside the spinner, the phase and the figures: a line that wraps cannot be redrawn.
  const room = Math.min(32, look.width - figures.length - phaseColumn - 6)
  if (room < 4) return `${name} ${figures}`
  const filled = Math.round(room * Math.min(1, share))
  const bar = look.paint.cyan('█'.repeat(filled)) + look.paint.dim('░'.repeat(room - filled))
  return `${name} ${bar}  ${figures}`
}
