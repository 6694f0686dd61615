import type { LoadProgress } from '@journeys/loadtest'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { plainLook } from '../output/look.ts'
import { renderLiveLoad } from './live-load.ts'

const live: LoadProgress = {
  phase: 'steady',
  engine: { name: 'k6', version: '1.8.1' },
  elapsedMs: 41_000,
  totalMs: 58_000,
  users: 1000,
  plannedUsers: 1000,
  rps: 612,
  p95Ms: 14,
  requests: 20_000,
  errors: 0,
}

test('the moving line says the phase, how far it is and how it goes', () => {
  expect(renderLiveLoad(live, plainLook)).toMatch(
    /^steady {4}█+░+ {2}0:41 of 0:58 {3} 612 req\/s {3}p95 {2}14 ms {3}errors 0$/,
  )
  expect(renderLiveLoad({ ...live, phase: 'users', users: 250 }, plainLook)).toMatch(
    /^users {5}█{8}░{24} {2}250 of 1 000$/,
  )
  expect(renderLiveLoad({ ...live, phase: 'down' }, plainLook)).toMatch(/^ramp down /)
  expect(renderLiveLoad({ ...live, phase: 'cleanup' }, plainLook)).toBe('removing the users')
})

test('the phases of every profile fit the line, beside the spinner', () => {
  const phases = [
    'ramp',
    'before',
    'surge',
    'during',
    'fall',
    'after',
    'outage',
    'settle 12',
    'step 12',
    'down',
    'users',
  ]
  fc.assert(
    fc.property(
      fc.constantFrom(...phases),
      fc.nat(86_400_000),
      fc.nat(99_999),
      fc.nat(9_999_999),
      fc.integer({ min: 80, max: 120 }),
      (phase, elapsedMs, rps, errors, width) => {
        const line = renderLiveLoad(
          { ...live, phase, elapsedMs, totalMs: 86_400_000, rps, errors },
          { ...plainLook, width },
        )
        expect(line.length).toBeLessThanOrEqual(width - 3)
        expect(line).not.toContain('\n')
      },
    ),
  )
})
