import { createHash } from 'node:crypto'
import { JourneysError } from '../errors.ts'
import type { GdprContext } from './erasure/context.ts'
import { refuseObstacles } from './erasure/open.ts'
import { eraseUser, findTarget } from './erasure.ts'
import type { ErasurePlan } from './plan.ts'
import { planErasure } from './plan-erasure.ts'
import { type AttemptResult, attempt, concernsAll, type Refusal, refusalOf } from './several-attempt.ts'
import type { ListedPerson } from './several-list.ts'

/** Somebody of a list who can be erased. */
export interface PlannedPerson extends ListedPerson {
  /** uuid */
  userId: string
  /** `null` for somebody whose erasure was begun before. */
  plan: ErasurePlan | null
  /** The erasure that was begun before, and is gone on with. */
  resumes: string | null
}

/** What an erasure of everybody on a list would do. */
export interface SeveralPlan {
  /** 12 hexadecimal digits of a hash of all their plans: the same as long as nothing changes for any of them. */
  id: string
  people: PlannedPerson[]
  /** Named, and not to be erased as things are: unknown, named twice, under a hold. Each counts as a failure. */
  refused: (ListedPerson & { refusal: Refusal })[]
  /** Erased before: nothing is left to do. */
  before: (ListedPerson & { erasure: string })[]
}

export interface SeveralOptions {
  keepStatistics: boolean
  requestedAt?: Date | undefined
  reason?: string | undefined
}

export type SeveralResult = ListedPerson & AttemptResult

/**
 * Plans the erasure of everybody on a list, one after the other, read-only. Who cannot be erased is said before anything runs.
 * @throws JourneysError for what concerns all of them: an unreachable database, a missing key
 */
export async function planSeveral(
  context: GdprContext,
  listed: readonly ListedPerson[],
  options: Pick<SeveralOptions, 'keepStatistics'>,
): Promise<SeveralPlan> {
  const people: PlannedPerson[] = []
  const refused: SeveralPlan['refused'] = []
  const before: SeveralPlan['before'] = []
  const lineOf = new Map<string, number>()
  for (const [index, one] of listed.entries()) {
    context.signal?.throwIfAborted()
    context.onProgress?.({ step: 'plan', done: index, total: listed.length, unit: 'people' })
    try {
      const planned = await planPerson(context, one, options)
      if ('erasure' in planned) {
        before.push(planned)
        continue
      }
      const first = lineOf.get(planned.userId)
      if (first !== undefined) throw namedTwice(first)
      lineOf.set(planned.userId, one.line)
      people.push(planned)
    } catch (error) {
      if (!(error instanceof JourneysError) || concernsAll(error)) throw error
      refused.push({ ...one, refusal: refusalOf(error) })
    }
  }
  return { id: combinedId(people), people, refused, before }
}

/**
 * Erases everybody on a list, each with their own plan, ledger entry and receipt. What goes wrong with one stops nothing else.
 * @param planned what somebody looked at and agreed to
 * @throws JourneysError `interrupted`, or an unreachable server: with how many are done; the same list goes on from there
 */
export async function eraseSeveral(
  context: GdprContext,
  planned: SeveralPlan,
  options: SeveralOptions & { onResult?: (result: SeveralResult) => void },
): Promise<SeveralResult[]> {
  const { onResult, ...erasure } = options
  const results: SeveralResult[] = []
  for (const person of planned.people) {
    const { line, user } = person
    const done = `${results.length} of ${planned.people.length} people`
    const inner: GdprContext = {
      ...context,
      onProgress: (progress) =>
        context.onProgress?.({ ...progress, note: [done, progress.note].filter(Boolean).join(', ') }),
    }
    try {
      context.signal?.throwIfAborted()
      const settings = { ...erasure, plan: person.plan?.id ?? '' }
      const attempted = await attempt(inner, person.userId, () => eraseUser(inner, person.userId, settings))
      const result = { line, user, ...attempted }
      results.push(result)
      onResult?.(result)
    } catch (error) {
      throw stopped(error, results, planned.people.length)
    }
  }
  return results
}

async function planPerson(
  context: GdprContext,
  one: ListedPerson,
  options: Pick<SeveralOptions, 'keepStatistics'>,
): Promise<PlannedPerson | (ListedPerson & { erasure: string })> {
  const { person, entry } = await findTarget(context, one.user)
  if (entry !== undefined) {
    if (entry.userId === null) return { ...one, erasure: entry.id }
    return { ...one, userId: entry.userId, plan: null, resumes: entry.id }
  }
  const plan = await planErasure(context, person.id, options)
  refuseObstacles(plan)
  return { ...one, userId: person.id, plan, resumes: null }
}

function combinedId(people: readonly PlannedPerson[]): string {
  const ids = people.map(({ plan, resumes }) => resumes ?? plan?.id).sort()
  return createHash('sha256').update(JSON.stringify(ids)).digest('hex').slice(0, 12)
}

function namedTwice(first: number): JourneysError {
  return new JourneysError('person_named_twice', `is the same person as in line ${first}`, {
    hint: 'take one of the two lines out',
  })
}

/** What concerns everybody ends the run; who was erased until then stays erased, and is known by the ledger. */
function stopped(error: unknown, results: readonly SeveralResult[], total: number): unknown {
  if (!(error instanceof JourneysError)) return error
  const failed = results.filter(({ outcome }) => outcome === 'failed').length
  return new JourneysError(error.code, error.message, {
    detail: [`${results.length - failed} of ${total} people were erased before that`, error.detail]
      .filter(Boolean)
      .join('\n'),
    hint: 'run the same command without --plan and --confirm: it goes on with those who are left',
    exitCode: error.exitCode,
    cause: error,
  })
}
