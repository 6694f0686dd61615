import { randomBytes } from 'node:crypto'

/** `20261123-140211-9f3a`: sorts by time, and two runs of one second differ. */
export function runId(startedAt: Date): string {
  const [day, time] = startedAt.toISOString().replace(/[-:]/g, '').split(/[T.]/) as [string, string]
  return `${day}-${time}-${randomBytes(2).toString('hex')}`
}
