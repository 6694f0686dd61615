import type { SeveralPlan, SeveralResult } from '@journeys/core/ops'
import { z } from 'zod'
import { erasurePlanDocument, erasurePlanDocumentOf } from './erasure-plan.ts'
import { attemptCountsDocument, attemptDocument, refusalDocument } from './replay.ts'

const listed = z.object({ line: z.number(), user: z.string().describe('as it is written in the file') })

/** What `gdpr anonymize --users-from` would do, and did. */
export const severalDocument = z.object({
  plan: z.string().describe('one id for all of them: what --plan takes'),
  people: z.array(
    listed.extend({
      userId: z.string(),
      plan: erasurePlanDocument.nullable().describe('null for an erasure that was begun before'),
      resumes: z.string().nullable().describe('the erasure that was begun before'),
    }),
  ),
  refused: z
    .array(listed.extend({ refusal: refusalDocument }))
    .describe('not to be erased as things are: each a failure'),
  before: z.array(listed.extend({ erasure: z.string() })).describe('erased before: nothing is left to do'),
  results: z.array(listed.extend(attemptDocument.shape)).exactOptional(),
  counts: attemptCountsDocument.exactOptional().describe('with those that were refused'),
})

export type SeveralDocument = z.output<typeof severalDocument>

export function severalDocumentOf(planned: SeveralPlan, results?: readonly SeveralResult[]): SeveralDocument {
  const document = {
    plan: planned.id,
    people: planned.people.map(({ line, user, userId, plan, resumes }) => ({
      line,
      user,
      userId,
      plan: plan === null ? null : erasurePlanDocumentOf(plan),
      resumes,
    })),
    refused: planned.refused,
    before: planned.before,
  }
  if (results === undefined) return document
  const count = (outcome: SeveralResult['outcome']) => results.filter((one) => one.outcome === outcome).length
  return {
    ...document,
    results: [...results],
    counts: { done: count('done'), partial: count('partial'), failed: count('failed') + planned.refused.length },
  }
}
