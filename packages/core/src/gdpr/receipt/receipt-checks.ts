import { ExitCode, JourneysError } from '../../errors.ts'

/** What a receipt is held against, in this order. */
export type ReceiptCheckName = 'form' | 'key' | 'signature' | 'chain' | 'ledger' | 'database'

export interface ReceiptCheck {
  check: ReceiptCheckName
  /** `skipped`: it could not or need not be done; `says` has the reason. */
  state: 'ok' | 'failed' | 'skipped'
  says: string
}

/** The worst first: it is what the error is called by. */
const failures = {
  receipt_tampered: 'The receipt is not what was signed',
  receipt_key_unknown: 'The receipt was not signed with a key of this environment',
  receipt_unknown: 'This database knows no such receipt',
  receipt_chain_broken: 'The receipt is whole, but the chain that it stands in is not',
  receipt_contradicted: 'The ledger says something else than the receipt',
  person_is_back: 'The person is in the database again',
} as const

export type ReceiptFailure = keyof typeof failures

/** Gathers what fits and what does not, so that everything is said at once. */
export class ReceiptChecks {
  readonly list: ReceiptCheck[] = []
  private readonly failed = new Set<ReceiptFailure>()

  ok(check: ReceiptCheckName, says: string): void {
    this.list.push({ check, state: 'ok', says })
  }

  skip(check: ReceiptCheckName, says: string): void {
    this.list.push({ check, state: 'skipped', says })
  }

  fail(check: ReceiptCheckName, failure: ReceiptFailure, says: string): void {
    this.list.push({ check, state: 'failed', says })
    this.failed.add(failure)
  }

  hasFailed(check: ReceiptCheckName): boolean {
    return this.list.some((one) => one.check === check && one.state === 'failed')
  }

  /** @throws JourneysError with every check that failed, and the names of those that held, in its detail */
  throwIfFailed(): void {
    const code = (Object.keys(failures) as ReceiptFailure[]).find((one) => this.failed.has(one))
    if (code === undefined) return
    const failed = this.list.filter(({ state }) => state === 'failed')
    const held = this.list.filter(({ state }) => state === 'ok').map(({ check }) => check)
    throw new JourneysError(code, failures[code], {
      detail: [
        ...failed.map(({ check, says }) => `${check}: ${says}`),
        ...(held.length > 0 ? [`what does hold: ${held.join(', ')}`] : []),
      ].join('\n'),
      hint: hints[code],
      exitCode: ExitCode.failed,
    })
  }
}

const hints: Record<ReceiptFailure, string> = {
  receipt_tampered: 'hold the copy that was filed first against it: journeys gdpr verify FILE',
  receipt_key_unknown:
    'journeys gdpr key shows which keys are at hand; one that was in use before belongs into JOURNEYS_GDPR_OLD_KEYS',
  receipt_unknown: 'was the database restored from a backup? Then: journeys gdpr replay',
  receipt_chain_broken: 'find out who could write to private.erasure_receipts: its triggers refuse every such change',
  receipt_contradicted: 'journeys gdpr status shows what the ledger says; its own history is in private.audit_log',
  person_is_back: 'journeys gdpr replay finds everybody who is back, and erases them again',
}
