import type { LoadTestOptions } from './load-test.ts'

/** What to type to run the same again. */
export function runCommand(options: LoadTestOptions): string {
  const { target, profile, engine, users, rate, duration, keepData, scenarios, fault, k6 } = options
  const flags = [
    target.isLocal ? [] : ['--env', target.name],
    profile === 'load' ? [] : ['--profile', profile],
    engine === 'auto' ? [] : ['--engine', engine],
    users === undefined ? [] : ['--users', users],
    rate === undefined ? [] : ['--rate', rate],
    duration === undefined ? [] : ['--duration', duration],
    (scenarios?.files ?? []).flatMap((file) => ['--scenario', file]),
    fault?.command === undefined ? [] : ['--inject', fault.command],
    k6?.segment ? ['--segment', k6.segment.segment] : [],
    keepData ? ['--keep-data'] : [],
  ].flat()
  return ['journeys loadtest', ...flags.map((word) => quoted(String(word)))].join(' ')
}

/** As a POSIX shell reads it back. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
