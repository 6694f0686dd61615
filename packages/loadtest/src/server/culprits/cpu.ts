import type { Suspect } from './culprit.ts'
import type { Evidence } from './evidence.ts'
import { counted, figure, percent } from './figure.ts'

/** A process with threads of its own for small work passes its limit a little. */
const processLimit = 0.9
const machineLimit = 0.93

/** A process, or the whole machine, has no processor time left. */
export function cpu(evidence: Evidence): Suspect[] {
  return [...processesAtLimit(evidence), ...machineAtLimit(evidence), ...databaseQueue(evidence)]
}

function processesAtLimit({ processes, machine, judgedAt }: Evidence): Suspect[] {
  return processes.flatMap(({ name, limitCores, cpu: points, cpuCores }) => {
    if (cpuCores === undefined || (machine !== undefined && limitCores >= machine.cores)) return []
    const share = shareOver(points, limitCores * processLimit, judgedAt)
    if (share < 0.5) return []
    return [
      {
        kind: 'cpu',
        severity: 'critical',
        title: `${name} uses ${limitCores === 1 ? 'its one core' : `its ${figure(limitCores)} cores`} up`,
        detail: `It was at its limit ${percent(share)} of the time: ${figure(cpuCores.mean)} cores on average, ${figure(cpuCores.peak)} in the busiest 5 seconds.`,
        hint: `More load needs a second ${name}, or less work for each request.`,
        weight: 0.65 * share,
      },
    ]
  })
}

function machineAtLimit({ processes, machine, judgedAt }: Evidence): Suspect[] {
  if (machine === undefined) return []
  const share = shareOver(machine.cpu, machine.cores * machineLimit, judgedAt)
  // One in five seconds is enough to decide a p95.
  if (share < 0.2) return []
  const stack = processes.reduce((sum, { cpuCores }) => sum + (cpuCores?.mean ?? 0), 0)
  const mostly = stack >= machine.cpuCores.mean / 2
  const users = processes.map(({ name, cpuCores }) => `${name} ${figure(cpuCores?.mean ?? 0)}`)
  const others = Math.max(0, machine.cpuCores.mean - stack)
  return [
    {
      kind: 'cpu',
      severity: mostly ? 'critical' : 'warning',
      title: mostly
        ? `The machine had no processor time left: ${counted(machine.cores, 'core')}`
        : 'The machine had no processor time left, and most of it went to other programs than the stack',
      detail: `It was at its limit ${percent(share)} of the judged time. Cores used on average: ${users.join(', ')}, everything else ${figure(others)}, the load generator included.`,
      hint: mostly
        ? 'Run the load from another machine, or take this as what this machine can do.'
        : 'Run the load from another machine, and nothing else beside the stack.',
      weight: 0.4 * share,
    },
  ]
}

/** Without processes to watch, a database elsewhere: many sessions that run at once wait for a processor. */
function databaseQueue({ database, processes }: Evidence): Suspect[] {
  if (database === undefined || processes.length > 0) return []
  const running = database.side.waits.find(({ type }) => type === 'CPU')
  if (running === undefined || running.sessions < 8) return []
  return [
    {
      kind: 'cpu',
      severity: 'warning',
      title: `${counted(running.sessions, 'session')} wanted a processor of the database at once`,
      detail: `${percent(running.share)} of the busy sessions waited for nothing else. How many cores the database has cannot be seen from here.`,
      hint: 'Compare with the cores of its machine (on Supabase: reports, database, CPU usage); the slowest statements say what they compute.',
      weight: 0.4,
    },
  ]
}

/** Share of the judged points at or over a limit; 0 when there are too few to tell. */
function shareOver(
  points: readonly { second: number; cores: number }[],
  limit: number,
  judgedAt: (elapsedMs: number) => boolean,
): number {
  const judged = points.filter(({ second }) => judgedAt(second * 1000))
  if (judged.length < 3) return 0
  return judged.filter(({ cores }) => cores >= limit).length / judged.length
}
