import { z } from 'zod'
import { period } from './period.ts'

export const gdpr = z.strictObject({
  deadline: period
    .default('1 month')
    .describe('how long a request may take, from the day on which it came in: Art. 12(3) GDPR'),
  ledgerPeriod: period
    .default('3 years')
    .describe('how long an erasure is remembered, by a keyed hash; it must outlive the oldest backup'),
  kAnonymity: z
    .int()
    .min(2)
    .max(100_000)
    .default(20)
    .describe('--keep-statistics keeps scores of a month only where so many other people wrote some of the same kind'),
  folder: z
    .string()
    .min(1)
    .default('.journeys/gdpr')
    .describe('where receipts are filed, in a folder for each environment. They hold no personal data: back them up'),
})
