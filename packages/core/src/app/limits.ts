/**
 * What a valid row is, once for the app. The migrations say the same as constraints; `limits.test.ts` tries both sides of every
 * figure on a real database, so a limit that is changed in one place only fails there.
 *
 * Lengths count characters as Postgres does (code points), not UTF-16 units.
 */
export const limits = {
  journalEntry: {
    reflection: { min: 1, max: 10_000 },
    scores: { maxKeys: 10, key: /^[a-z][a-z_]{0,31}$/, min: 0, max: 10 },
    /** Partitions exist from the month in which the retention period began up to this many months ahead. */
    date: { yearsBack: 2, monthsAhead: 3 },
  },
  profile: {
    displayName: { min: 1, max: 80 },
    bio: { max: 500 },
    timezone: { min: 1, max: 64 },
    locale: /^[a-z]{2}(-[A-Z]{2})?$/,
  },
  addiction: {
    kinds: [
      'alcohol',
      'tobacco',
      'cannabis',
      'opioids',
      'cocaine',
      'gambling',
      'gaming',
      'social_media',
      'pornography',
      'food',
      'other',
    ],
    label: { max: 80 },
    goal: { max: 280 },
  },
  purchase: {
    plans: ['monthly', 'yearly', 'lifetime'],
    idempotencyKey: { min: 8, max: 255 },
  },
  /** What the bucket entry-media takes. */
  media: {
    maxBytes: 10_000_000,
    imageTypes: ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif', 'image/heic', 'image/heif'],
    /** The longest that a URL may work, the app's own limit: a week. */
    urlSeconds: 604_800,
  },
  /** `progress_summary` refuses more. */
  progress: { maxYears: 2 },
  /** Rows per page of a list; the upper bound keeps one request's answer small, the database has no say in it. */
  page: { default: 20, max: 100 },
} as const
