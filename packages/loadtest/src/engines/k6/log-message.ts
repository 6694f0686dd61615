import type { WrittenTable } from '../../scenarios/visitor.ts'

/** What the script tells through k6's log, because it is not a number. No import of more than types: it runs inside k6. */
export type LogMessage =
  | { kind: 'write'; table: WrittenTable; id: string; version?: string | undefined; at: number }
  | { kind: 'failure'; name: string; status: number; code?: string | undefined; body: string }

/** Tells the script's messages from what a scenario logs. */
const mark = 'journeys '

export function logMessage(message: LogMessage): string {
  return mark + JSON.stringify(message)
}

/** @returns undefined for a text that is not ours */
export function readLogMessage(text: string): LogMessage | undefined {
  if (!text.startsWith(`${mark}{`)) return undefined
  try {
    return JSON.parse(text.slice(mark.length)) as LogMessage
  } catch {
    return undefined
  }
}
