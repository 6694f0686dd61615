import { channel } from 'node:diagnostics_channel'

/** One named step of a long operation that can be resumed. */
export interface StepEvent {
  operation: 'erasure' | 'retention'
  /** Which one: the id of the erasure or of the run. */
  id: string
  step: string
  moment: 'begins' | 'ended'
}

/**
 * Where every step is announced as it happens, before the next statement runs. A subscriber sees exactly how far an operation is: tracing
 * listens here, and so does the test that kills the process at each step.
 * https://nodejs.org/api/diagnostics_channel.html
 */
export const stepChannel = channel('journeys:step')

export function announceStep(event: StepEvent): void {
  stepChannel.publish(event)
}
