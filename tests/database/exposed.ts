/** What a table or a function that the API serves must say here, so that the access matrix can attack it. */
export interface ExposedTable {
  /** A valid row of this person, with `secret` somewhere in it where the table has room for text. */
  row(owner: string, secret: string): Record<string, unknown>
  /** What an attacker would like to write into it. */
  change: Record<string, unknown>
  /** Columns of the key that an upsert names. */
  key: string[]
}

export interface ExposedFunction {
  /** Arguments aimed at this person. */
  args(owner: string): Record<string, unknown>
  /** Who may call it at all. Whatever they may, it must not reach the owner's rows. */
  callers: ('anon' | 'authenticated')[]
}

export const exposedTables: Record<string, ExposedTable> = {
  'public.profiles': {
    row: (owner, secret) => ({ user_id: owner, display_name: secret, bio: secret }),
    change: { display_name: 'Stolen' },
    key: ['user_id'],
  },
  'public.user_addictions': {
    row: (owner, secret) => ({ user_id: owner, kind: 'alcohol', label: secret, quit_on: '2026-01-01', goal: secret }),
    change: { label: 'Stolen' },
    key: ['id'],
  },
  'public.journal_entries': {
    row: (owner, secret) => ({ user_id: owner, reflection: secret, scores: { mood: 3 } }),
    change: { reflection: 'Stolen' },
    key: ['id', 'date'],
  },
  'public.purchases': {
    row: (owner, secret) => ({
      user_id: owner,
      plan: 'lifetime',
      amount_cents: 9999,
      currency: 'EUR',
      idempotency_key: secret,
      period_start: '2026-01-01T00:00:00Z',
    }),
    change: { amount_cents: 1 },
    key: ['id'],
  },
  'public.performance_metrics': {
    row: (owner, secret) => ({ user_id: owner, name: 'page.load', value: 3, unit: 'ms', tags: { page: secret } }),
    change: { value: 4 },
    key: ['id'],
  },
}

export const exposedFunctions: Record<string, ExposedFunction> = {
  'public.anonymize_user_data(user_uuid uuid)': { args: (owner) => ({ user_uuid: owner }), callers: [] },
  'public.cleanup_old_data()': { args: () => ({}), callers: [] },
  'public.progress_summary(from_date date, to_date date)': {
    args: () => ({ from_date: '2026-01-01', to_date: '2027-01-01' }),
    callers: ['authenticated'],
  },
  'public.purchase_premium(plan text, idempotency_key text)': {
    // The key of the owner's own purchase: a replay would hand out their receipt.
    args: () => ({ plan: 'lifetime', idempotency_key: SECRET }),
    callers: ['authenticated'],
  },
}

/** Stands in every text of the owner; no answer to anybody else may hold it. */
export const SECRET = 'a-secret-of-the-owner'
