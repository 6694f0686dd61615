import type { Recorder } from '../../recorder/recorder.ts'
import { asPhase } from '../../recorder/recorder.ts'
import { type ScenarioName, scenarioNames } from '../../scenarios/index.ts'

/** The metrics that are read; k6 writes ten rows for every request, and the others are skipped unread. */
const wanted = ['http_req_duration,', 'checks,', 'iterations,', 'vus,', 'journeys_load_started,']

/**
 * Reads k6's CSV output as it is written and hands it to the recorder.
 * Columns: https://grafana.com/docs/k6/latest/results-output/real-time/csv/; which ones there are follows from `systemTags`,
 * so they are found by the names in the header.
 */
export class SampleReader {
  readonly #recorder: Recorder
  #columns: Map<string, number> | undefined
  #rest = ''
  /** Rows of requests read, to be compared with k6's own count. */
  requests = 0

  constructor(recorder: Recorder) {
    this.#recorder = recorder
  }

  /** Takes the next piece of output, which may end in the middle of a row. */
  write(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    for (let index = 0; index < lines.length; index++) {
      let line = lines[index] as string
      // A quoted field may hold a line break (an error's text): put the row together again.
      while (oddQuotes(line)) {
        const next = lines[++index]
        if (next === undefined) {
          this.#rest = `${line}\n${this.#rest}`
          return
        }
        line += `\n${next}`
      }
      this.#row(line)
    }
  }

  #row(line: string): void {
    if (!this.#columns) {
      this.#columns = new Map(csvFields(line).map((name, index) => [name, index]))
      return
    }
    if (!wanted.some((metric) => line.startsWith(metric))) return
    const fields = csvFields(line)
    const field = (name: string) => fields[this.#columns?.get(name) ?? -1] ?? ''
    const at = Number(field('timestamp'))
    const value = Number(field('metric_value'))
    const metric = fields[0]
    if (metric === 'vus') {
      this.#recorder.setUsers(at, value)
      return
    }
    if (metric === 'journeys_load_started') {
      this.#recorder.start(value)
      return
    }
    const tags = new Map(
      field('extra_tags')
        .split('&')
        .map((tag) => tag.split('=', 2) as [string, string]),
    )
    const scenario = scenarioNames.find((name) => name === tags.get('scenario')) as ScenarioName
    const phase = asPhase(tags.get('phase'))
    if (!scenario || !phase) return
    if (metric === 'iterations') {
      this.#recorder.addIteration(at, scenario, phase)
    } else if (metric === 'checks') {
      this.#recorder.addCheck(scenario, phase, field('check'), value === 1)
    } else {
      this.requests++
      this.#recorder.addRequest({
        at,
        scenario,
        phase,
        name: field('name'),
        status: Number(field('status')),
        failed: field('expected_response') !== 'true',
        durationMs: value,
        error: field('error') || undefined,
      })
    }
  }
}

/** The fields of one CSV row, RFC 4180. */
export function csvFields(row: string): string[] {
  if (!row.includes('"')) return row.split(',')
  const fields: string[] = []
  let at = 0
  while (at <= row.length) {
    if (row[at] !== '"') {
      const comma = row.indexOf(',', at)
      const end = comma < 0 ? row.length : comma
      fields.push(row.slice(at, end))
      at = end + 1
      continue
    }
    let end = row.indexOf('"', at + 1)
    while (end >= 0 && row[end + 1] === '"') end = row.indexOf('"', end + 2)
    if (end < 0) end = row.length
    fields.push(row.slice(at + 1, end).replaceAll('""', '"'))
    at = end + 2
  }
  return fields
}

function oddQuotes(line: string): boolean {
  if (!line.includes('"')) return false
  return (line.split('"').length - 1) % 2 === 1
}
