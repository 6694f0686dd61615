const longestMessage = 100

/**
 * The check that fails when a scenario ends with an error. Numbers and ids are struck out: each different name is a row of
 * the result, and inside k6 a time series. No import: it also runs inside k6.
 */
export function thrownCheck(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const line = message.split('\n', 1)[0] as string
  return `the scenario ended: ${line.replace(/[0-9a-f-]{8,}|\d+/gi, '…').slice(0, longestMessage)}`
}
