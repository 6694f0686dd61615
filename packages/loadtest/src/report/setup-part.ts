import { type Html, html } from '@journeys/core/ops'
import type { LoadTestResult } from '../result.ts'
import { milliseconds } from '../verdict/figure-text.ts'
import { count, counted } from './number-text.ts'
import { section, table } from './table.ts'

/** What was run, and how to run it again. */
export function setupPart(result: LoadTestResult): Html {
  const { environment, engine, fingerprint, command, plan } = result
  const rows: [string, string | Html][] = [
    ['run', result.id],
    ['target', `${environment.name}, ${environment.url}`],
    ['engine', `${engine.name} ${engine.version}`],
    ['machine', fingerprint.machine],
    ['load', loadRow(result)],
    ...segmentRow(result),
    ['think time', thinkTime(result)],
    [
      'weights',
      Object.entries(plan.weights)
        .map(([name, weight]) => `${name} ${weight}`)
        .join(' · '),
    ],
    ['request timeout', `${plan.requestTimeoutMs / 1000} s`],
    ['test users', usersRow(result)],
    ['fingerprint', html`plan <code>${fingerprint.plan}</code>, scenarios <code>${fingerprint.scenarios}</code>`],
  ]
  return section(
    'setup',
    'What was run',
    html`<p>Run it again:</p><pre class="command" tabindex="0" aria-label="Command that runs it again">${command}</pre>`,
    table('What was run', ['setting', 'value'], rows, 2, false),
  )
}

function loadRow({ plan }: LoadTestResult): string {
  const unit = plan.model === 'closed' ? 'users' : 'iterations/s'
  const stages = plan.stages.map(({ phase, durationMs, target }) =>
    durationMs === 0
      ? `jump to ${count(target)}`
      : `${phase} ${Number((durationMs / 1000).toFixed(1))} s to ${count(target)}`,
  )
  // A stress run has a pair of stages per step: only its ends say something.
  const shown =
    stages.length > 9 ? [...stages.slice(0, 4), `… ${stages.length - 6} more …`, ...stages.slice(-2)] : stages
  const users = plan.model === 'open' ? `, at most ${count(plan.users)} users at once` : ''
  return `${plan.executor}, in ${unit} from ${count(plan.start)}: ${shown.join(' · ')}${users}`
}

/** One generator of several knows only its share. */
function segmentRow({ segment }: LoadTestResult): [string, string][] {
  return segment ? [['share of the load', `${segment.segment} of ${segment.sequence}: one generator of several`]] : []
}

function thinkTime({ plan }: LoadTestResult): string {
  const { minMs, maxMs } = plan.thinkTime
  const where = plan.model === 'closed' ? 'between two requests of a user' : 'between two requests of an iteration'
  return `${minMs / 1000} to ${maxMs / 1000} s ${where}`
}

function usersRow({ testUsers }: LoadTestResult): string {
  const made = testUsers.how === 'database' ? 'in the database' : 'through the API'
  const removed = testUsers.removed
    ? `removed after the run${testUsers.removedMs === undefined ? '' : ` in ${milliseconds(testUsers.removedMs)}`}, verified by count`
    : 'still there'
  return `${counted(testUsers.made, 'user')} made ${made} in ${milliseconds(testUsers.ms)}, ${removed}`
}
