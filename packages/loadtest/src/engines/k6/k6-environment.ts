import { totalmem } from 'node:os'

/**
 * k6's environment. What it would take from K6_* variables of the user's could change the test: only those of an output that
 * was asked for are passed on (K6_PROMETHEUS_RW_SERVER_URL for `experimental-prometheus-rw`).
 */
export function k6Environment(
  processEnv: NodeJS.ProcessEnv,
  users: number,
  outputs: readonly string[],
): NodeJS.ProcessEnv {
  const wanted = outputs.flatMap(variablePrefixes)
  const kept = Object.entries(processEnv).filter(
    ([name]) => !name.startsWith('K6_') || wanted.some((prefix) => name.startsWith(prefix)),
  )
  return {
    ...garbageCollection(users),
    ...Object.fromEntries(kept),
    // k6 would fetch a program from the internet for an output or an import that it does not know.
    K6_AUTO_EXTENSION_RESOLUTION: 'false',
    K6_CSV_TIME_FORMAT: 'unix_micro',
    K6_CSV_SAVE_INTERVAL: '500ms',
  }
}

/** Parts of an output's name that are not in its variables' names. */
const fillers = new Set(['experimental', 'xk6', 'output'])

function variablePrefixes(output: string): string[] {
  const [name = ''] = output.split('=', 1)
  const words = name.split('-').filter((word) => word !== '' && !fillers.has(word))
  const [first] = words
  // The only one that does not call its variables what it is called itself.
  return first === undefined ? [] : [`K6_${first === 'opentelemetry' ? 'OTEL' : first.toUpperCase()}_`]
}

/** What k6 holds for a user, generously: 1,000 of them take 250 MB. */
const bytesPerUser = 2 ** 20

/**
 * Go collects garbage in bursts on every processor, taken from a server on the same machine. Measured with 1,000 users on two
 * cores, three runs each in turn: p95 25, 40 and 18 ms with GOGC=400; 22, 22 and 21 ms when k6 collected only on reaching a
 * quarter of the memory (it took 1.7 GB in a minute).
 */
function garbageCollection(users: number): NodeJS.ProcessEnv {
  // In a container the machine's memory is not what may be used.
  const limit = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY) / 4
  return limit > users * bytesPerUser
    ? { GOGC: 'off', GOMEMLIMIT: `${Math.round(limit / 2 ** 20)}MiB` }
    : { GOGC: '400' }
}
