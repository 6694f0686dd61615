import type { Failure } from './failure.ts'

export interface EnvelopeHead {
  /** `gdpr anonymize`; a wrong command has none and is answered as `error`. */
  command: string | undefined
  environment: string
  durationMs: number
}

/** The one document that `--json` prints when a command did its work; `ok` says that its exit code is 0. */
export function successEnvelope(head: EnvelopeHead, ok: boolean, document: object): string {
  return JSON.stringify({ ...opening(head, ok), ...document })
}

/** The one document that `--json` prints when a command could not do its work. */
export function failureEnvelope(head: EnvelopeHead, failure: Failure): string {
  const { code, message, detail, hint } = failure
  return JSON.stringify({ ...opening(head, false), error: { code, message, detail, hint } })
}

/** `journeys/gdpr-anonymize/1` */
export function schemaName(command: string | undefined): string {
  return `journeys/${(command ?? 'error').replaceAll(' ', '-')}/1`
}

function opening(head: EnvelopeHead, ok: boolean) {
  return {
    schema: schemaName(head.command),
    ok,
    environment: head.environment,
    durationMs: Math.round(head.durationMs),
  }
}
