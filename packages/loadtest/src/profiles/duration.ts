import { durationMs, ExitCode, JourneysError } from '@journeys/core/ops'
import type { Stage } from './phase.ts'

/**
 * A duration in milliseconds, from k6's notation (`500ms`, `40s`, `1m30s`, `2h`) or a number of seconds.
 * @throws JourneysError `invalid_duration` (exit 2)
 */
export function parseDuration(value: string | number): number {
  const text = typeof value === 'number' ? `${value}s` : value.trim().replace(/^\d+(\.\d+)?$/, '$&s')
  const total = durationMs(text)
  if (total === undefined || !(total > 0)) {
    throw new JourneysError('invalid_duration', `"${value}" is not a duration`, {
      hint: 'write it as 40s, 1m30s or 500ms',
      exitCode: ExitCode.usage,
    })
  }
  return Math.round(total)
}

/**
 * The stages again, all together as long as asked.
 * @param fixed phases that are not stretched; where the run gets shorter, they shrink like all others
 */
export function stretched(stages: readonly Stage[], totalMs: number, fixed: readonly string[]): Stage[] {
  const planned = sum(stages)
  const rigid = totalMs > planned ? sum(stages.filter(({ phase }) => fixed.includes(phase))) : 0
  const factor = (totalMs - rigid) / (planned - rigid)
  return stages.map((stage) =>
    rigid > 0 && fixed.includes(stage.phase) ? stage : { ...stage, durationMs: Math.round(stage.durationMs * factor) },
  )
}

function sum(stages: readonly Stage[]): number {
  return stages.reduce((total, { durationMs }) => total + durationMs, 0)
}

/** `93_000` as `1:33`, for people. */
export function clockTime(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  const minutes = Math.floor(seconds / 60)
  return `${minutes}:${String(seconds % 60).padStart(2, '0')}`
}
