import type { Suspect } from './culprit.ts'
import type { Evidence } from './evidence.ts'
import { figure, percent } from './figure.ts'

const slowMs = 20

/** One statement takes most of the database's time, and long each time; not because it waits for a lock or sleeps. */
export function slowStatement({ database }: Evidence): Suspect | undefined {
  if (database === undefined) return undefined
  const { statements, sessions } = database
  const slow = statements.find(
    ({ id, nested, share, meanMs, calls }) =>
      !nested && calls >= 3 && share >= 0.3 && meanMs >= slowMs && (sessions.heldUp.get(id) ?? 0) < 0.5,
  )
  if (slow === undefined) return undefined
  const { title, share, meanMs, calls, pagesPerCall, id } = slow
  const inside = statements.find(({ nested, totalMs }) => nested && totalMs >= slow.totalMs / 2)
  const held = sessions.heldUp.get(id) ?? 0
  return {
    kind: 'slow_statement',
    severity: meanMs >= 100 || (meanMs >= 50 && share >= 0.5) ? 'critical' : 'warning',
    title: `One statement takes ${percent(share)} of the database's time: ${title}`,
    detail: [
      `${figure(meanMs)} ms each, ${figure(calls)} calls, ${figure(pagesPerCall)} pages read per call.`,
      inside === undefined ? '' : ` Most of it in: ${inside.title} (${figure(inside.meanMs)} ms).`,
      held > 0.1 ? ` It waited for a lock or slept in ${percent(held)} of the looks.` : '',
    ].join(''),
    hint:
      pagesPerCall >= 1000
        ? 'It reads many pages: ask for its plan with explain (analyze, buffers), look for a missing index.'
        : 'It reads few pages, so it computes or waits: ask for its plan with explain (analyze, buffers), and look into the functions and triggers that it calls.',
    weight: share * 0.7,
  }
}
