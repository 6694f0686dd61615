import { ExitCode, JourneysError } from '@journeys/core/ops'

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const

/**
 * A duration in milliseconds, from k6's notation (`500ms`, `40s`, `1m30s`, `2h`) or a number of seconds.
 * @throws JourneysError `invalid_duration` (exit 2)
 */
export function parseDuration(value: string | number): number {
  const text = typeof value === 'number' ? `${value}s` : value.trim().replace(/^\d+(\.\d+)?$/, '$&s')
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)]
  const total = parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * unitMs[unit as keyof typeof unitMs], 0)
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text || !(total > 0)) {
    throw new JourneysError('invalid_duration', `"${value}" is not a duration`, {
      hint: 'write it as 40s, 1m30s or 500ms',
      exitCode: ExitCode.usage,
    })
  }
  return Math.round(total)
}

/** `93_000` as `1:33`, for people. */
export function clockTime(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  const minutes = Math.floor(seconds / 60)
  return `${minutes}:${String(seconds % 60).padStart(2, '0')}`
}
