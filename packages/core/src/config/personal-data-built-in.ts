import type { WrittenDecision, WrittenStep } from './personal-data.ts'

/** By table, then by column. */
export type TableDecisions = Record<string, Record<string, WrittenDecision>>

/** The same decision for each of these columns, named with spaces between them. */
export function each(columns: string, decision: WrittenDecision): Record<string, WrittenDecision> {
  return Object.fromEntries(columns.split(/\s+/).map((column) => [column, decision]))
}

const accounting: WrittenDecision = {
  strategy: 'keep',
  ground: 'accounting law asks for receipts: Art. 6(1)(c) and 17(3)(b) GDPR; the row names nobody any more',
  period: '10 years',
}

const accountability: WrittenDecision = {
  strategy: 'keep',
  ground: 'accountability, Art. 5(2) and 17(3)(b) GDPR: who did what; people appear as a keyed hash only',
  period: '3 years',
}

const entryColumns = 'id user_id date reflection scores created_at updated_at'

/**
 * What the migrations of this repository make. A column that a migration adds is not in here until somebody has decided about
 * it: that is why there is no decision for a whole table.
 */
export const ownTables: TableDecisions = {
  'public.profiles': each(
    'user_id display_name bio timezone locale daily_reminder_at premium_until created_at updated_at',
    'erase',
  ),
  'public.user_addictions': each('id user_id kind label quit_on goal created_at', 'erase'),
  // Free text and scores about a person's health: what is left of a row is that on some day somebody wrote something.
  'public.journal_entries': {
    id: { strategy: 'overwrite', random: 'uuid' },
    user_id: 'unlink',
    date: {
      strategy: 'keep',
      ground: 'statistics of use, recital 26 GDPR: with the rest of the row gone, a day leads to nobody',
      period: '2 years',
    },
    reflection: { strategy: 'overwrite', value: '[ANONYMIZED]' },
    scores: { strategy: 'overwrite', value: {} },
    // A common moment of writing would tie a person's rows together.
    ...each('created_at updated_at', { strategy: 'overwrite', dayOf: 'date' }),
  },
  'public.purchases': {
    user_id: 'unlink',
    // Chosen by the person's device, which may have it in its logs.
    idempotency_key: { strategy: 'overwrite', random: 'uuid' },
    ...each('id plan amount_cents currency status period_start period_end created_at', accounting),
  },
  'public.performance_metrics': each('id user_id name value unit tags recorded_at', 'erase'),
  'private.rate_limits': each('user_id window_start writes', 'erase'),
  // While an erasure is under way its ledger names the person; with the word "done" only the keyed hash stays.
  'private.erasure_ledger': each(
    'id subject_hash key_id user_id sealed requested_at due_at opened_at finished_at actor reason plan_id plan options state replays',
    accountability,
  ),
  'private.erasure_steps': each(
    'erasure_id step position state attempts started_at finished_at detail error',
    accountability,
  ),
  'private.erasure_by_hand': each('erasure_id step title todo done_at done_by note', accountability),
  'private.erasure_receipts': each(
    'seq erasure_id outcome key_id body hash previous_hash signed_at purged_at',
    accountability,
  ),
  // An erasure waits for them, and they are gone before the account is.
  'private.legal_holds': each('id user_id tables reason review_on placed_by placed_at', 'erase'),
  'private.processing_restrictions': each('user_id kind reason placed_by placed_at', 'erase'),
  'private.audit_log': each('id at actor action subject_hash detail', accountability),
}

/** Months of the journal that no longer hang on it, on their way out. Rarely there, so their absence is no finding. */
export const passingTables: TableDecisions = {
  'partitions.journal_entries_*': each(entryColumns, 'erase'),
  'retired.journal_entries_*': each(entryColumns, 'erase'),
}

/** What no command reaches. */
export const byHandSteps: Record<string, WrittenStep> = {
  backups: {
    title: 'Backups',
    do: 'They hold the data until they expire: write down when the last one does. After restoring one: journeys gdpr replay.',
  },
  logs: {
    title: 'Logs of the API, the database and the host',
    do: 'They may name the id, the e-mail or the IP address: write down when the last line that does expires.',
  },
  'payment-provider': {
    title: 'Payment provider',
    do: 'Ask it to erase the customer as far as its own accounting duties allow, and file its answer.',
  },
  'mail-provider': {
    title: 'Mail provider',
    do: 'Take the address off its lists and out of its delivery logs, and file its answer.',
  },
  devices: {
    title: "The person's own devices",
    do: 'Tell the person that the app keeps entries on their device until they sign out or remove the app.',
  },
}
