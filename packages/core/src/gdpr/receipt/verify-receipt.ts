import { createHash } from 'node:crypto'
import type { Database, Queryable } from '../../database/connection.ts'
import { ExitCode, JourneysError } from '../../errors.ts'
import type { GdprContext } from '../erasure/context.ts'
import type { GdprKeys } from '../key.ts'
import { findEntry, type LedgerEntry } from '../ledger.ts'
import { scanForPeople } from '../replay-scan.ts'
import { receiptHash } from './canonical.ts'
import { type ChainRow, checkChain, isSignedBy, readLink, readReceipt } from './chain.ts'
import { differences } from './difference.ts'
import type { Receipt } from './receipt.ts'
import { type ReceiptCheck, ReceiptChecks } from './receipt-checks.ts'

export interface VerifiedReceipt {
  receipt: Receipt
  /** None of them failed. */
  checks: ReceiptCheck[]
}

export interface VerifyOptions {
  /** The public key to believe, base64url, as somebody published it. @defaultValue the keys of the environment */
  publicKey?: string | undefined
}

export interface VerifyContext extends Pick<GdprContext, 'environment' | 'onProgress' | 'signal'> {
  /** Not needed where a public key is given, and the database is not asked. */
  keys?: GdprKeys
  database?: Database
}

/**
 * Holds a receipt against its signature, the chain of all receipts, the ledger, and the database as it is now: nobody with that
 * hash may be in it. Read-only.
 *
 * @param context without `database` only what the text itself shows is checked
 * @param text of the file as it is
 * @throws JourneysError naming everything that does not fit, with exit code 1: `receipt_tampered`; `receipt_key_unknown`: somebody
 *   else signed it; `receipt_unknown`: this database has none such; `receipt_chain_broken`: it is whole, others are not;
 *   `receipt_contradicted`: the ledger says something else; `person_is_back`. With 2: `receipt_of_another_environment`
 */
export async function verifyReceipt(
  context: VerifyContext,
  text: string,
  options: VerifyOptions = {},
): Promise<VerifiedReceipt> {
  const body = text.endsWith('\n') ? text.slice(0, -1) : text
  const checks = new ReceiptChecks()
  const receipt = readReceipt(body)
  if (receipt === undefined) checks.fail('form', 'receipt_tampered', whyUnreadable(body))
  else {
    checks.ok('form', 'the canonical JSON of a receipt, RFC 8785')
    checkSignature(checks, receipt, context, options)
  }
  if (receipt === undefined || context.database === undefined) {
    for (const check of ['chain', 'ledger', 'database'] as const) checks.skip(check, 'not asked')
    checks.throwIfFailed()
  }
  if (receipt === undefined) throw new TypeError('a receipt without a form was let through')
  if (context.database === undefined) return { receipt, checks: checks.list }
  if (!checks.hasFailed('signature') && receipt.environment !== context.environment.name) {
    throw new JourneysError('receipt_of_another_environment', `The receipt is of ${receipt.environment}`, {
      detail: `it was held against ${context.environment.name}, which cannot know it`,
      hint: `journeys gdpr verify FILE --env ${receipt.environment}`,
      exitCode: ExitCode.usage,
    })
  }
  const keys = context.keys ?? none
  await context.database.readOnly(async (transaction) => {
    const link = await readLink(transaction, receipt.seq)
    await checkLink(checks, transaction, keys, { receipt, body, link })
    checkLedger(checks, receipt, link, await findEntry(transaction, receipt.erasure))
    await checkPeople(checks, transaction, { ...context, keys }, receipt)
  })
  checks.throwIfFailed()
  return { receipt, checks: checks.list }
}

const none: Pick<GdprKeys, 'all'> = { all: [] }

function whyUnreadable(body: string): string {
  try {
    JSON.parse(body)
  } catch {
    return 'it is no JSON'
  }
  return 'it is not the canonical JSON of a receipt: something was added, left out, or written in another way'
}

function checkSignature(
  checks: ReceiptChecks,
  receipt: Receipt,
  { keys }: VerifyContext,
  options: VerifyOptions,
): void {
  const { keyId, publicKey } = receipt
  const raw = Buffer.from(publicKey, 'base64url')
  const isOwnId = createHash('sha256').update(raw).digest('hex').slice(0, 16) === keyId
  if (!isOwnId || raw.toString('base64url') !== publicKey) {
    checks.fail('key', 'receipt_tampered', `${keyId} is not the id of the public key in it`)
  } else if (options.publicKey !== undefined) {
    if (options.publicKey === publicKey) checks.ok('key', 'the public key that was given')
    else checks.fail('key', 'receipt_key_unknown', 'not the public key that was given')
  } else {
    const known = keys?.all.find((key) => key.id === keyId)
    if (known === undefined) checks.fail('key', 'receipt_key_unknown', `${keyId} is not one of this environment's keys`)
    else if (known.publicKey !== publicKey) checks.fail('key', 'receipt_tampered', `${keyId} has another public key`)
    else checks.ok('key', `${keyId}${known.id === keys?.current.id ? '' : ', which was in use before'}`)
  }
  if (!isSignedBy(receipt, publicKey)) {
    checks.fail(
      'signature',
      'receipt_tampered',
      'it does not fit: something in the receipt was changed after it was signed',
    )
  } else if (checks.hasFailed('key')) {
    checks.skip('signature', 'it fits the public key in the receipt itself, which proves nothing')
  } else checks.ok('signature', `Ed25519, of ${receipt.finishedAt}`)
}

async function checkLink(
  checks: ReceiptChecks,
  transaction: Queryable,
  keys: Pick<GdprKeys, 'all'>,
  { receipt, body, link }: { receipt: Receipt; body: string; link: ChainRow | undefined },
): Promise<void> {
  const { seq } = receipt
  if (link === undefined) {
    checks.fail('chain', 'receipt_unknown', `there is no receipt number ${seq} in this database`)
    return
  }
  if (receiptHash(body) !== link.hash) {
    const own = link.body === null ? undefined : readReceipt(link.body)
    const where = own === undefined ? [] : differences(own, receipt).filter((path) => path !== 'signature')
    const differing = where.length === 0 ? 'the signature differs' : `they differ in ${where.join(', ')}`
    const isGenuine = !checks.hasFailed('key') && !checks.hasFailed('signature')
    // Signed by us and not in the chain: the database was restored from before, and went on from there.
    checks.fail(
      'chain',
      isGenuine ? 'receipt_unknown' : 'receipt_tampered',
      `the database has another receipt number ${seq}: ${differing}`,
    )
    return
  }
  const chain = await checkChain(transaction, keys)
  if (chain.problems.length > 0) {
    const says = chain.problems.map((problem) => problem.says)
    const more = says.length > 5 ? `; ${says.length - 5} more` : ''
    checks.fail('chain', 'receipt_chain_broken', `${says.slice(0, 5).join('; ')}${more}`)
    return
  }
  const purged = chain.purged === 0 ? '' : `, ${chain.purged} of them purged`
  checks.ok('chain', `number ${seq} of ${chain.receipts}${purged}: no gap, every hash and signature fits`)
}

function checkLedger(
  checks: ReceiptChecks,
  receipt: Receipt,
  link: ChainRow | undefined,
  entry: LedgerEntry | undefined,
): void {
  if (entry === undefined) {
    if (link?.purgedAt) checks.skip('ledger', `purged on ${link.purgedAt.toISOString().slice(0, 10)}`)
    else checks.fail('ledger', 'receipt_unknown', `${receipt.erasure} is not in the ledger of this database`)
    return
  }
  const facts: [what: string, ledger: unknown, receipt: unknown][] = [
    ['the person', entry.subjectHash, receipt.subjectHash],
    ['the key', entry.keyId, receipt.keyId],
    ['the plan', entry.planId, receipt.plan.id],
    ['the request', entry.requestedAt.toISOString(), receipt.requestedAt],
    ['the deadline', entry.dueAt.toISOString(), receipt.dueAt],
    ['the beginning', entry.openedAt.toISOString(), receipt.openedAt],
  ]
  // What a hold had kept may have been erased since, with a receipt of its own.
  if (receipt.outcome === 'done') {
    facts.push(['the outcome', entry.state, receipt.outcome])
    facts.push(['the end', entry.finishedAt?.toISOString(), receipt.finishedAt])
  }
  const wrong = facts.filter(([, one, other]) => one !== other).map(([what]) => what)
  if (wrong.length > 0)
    checks.fail('ledger', 'receipt_contradicted', `the ledger says something else about ${wrong.join(', ')}`)
  else if (entry.state === receipt.outcome) checks.ok('ledger', `${receipt.erasure} is ${entry.state} there, too`)
  else checks.ok('ledger', `${receipt.erasure} is ${entry.state} now`)
}

async function checkPeople(
  checks: ReceiptChecks,
  transaction: Queryable,
  { keys, onProgress, signal }: Omit<VerifyContext, 'keys'> & { keys: Pick<GdprKeys, 'all'> },
  { outcome, keyId, subjectHash }: Receipt,
): Promise<void> {
  if (outcome === 'partial') {
    checks.skip('database', 'a legal hold keeps part of the data, so the person is still there')
    return
  }
  if (!keys.all.some(({ id }) => id === keyId)) {
    checks.skip('database', 'whose hash it is can be told with the key that made it only')
    return
  }
  const { found, compared } = await scanForPeople(transaction, keys, new Set([subjectHash]), { onProgress, signal })
  const places = found.flatMap(({ where }) => where)
  if (places.length > 0) checks.fail('database', 'person_is_back', `the person is in ${places.join(', ')}`)
  else checks.ok('database', `nobody with this hash among ${compared.ids} ids in ${compared.columns + 1} places`)
}
