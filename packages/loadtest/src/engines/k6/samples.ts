import { plannedStartMs } from '../../profiles/arrival.ts'
import { phaseAt } from '../../profiles/phase.ts'
import type { LoadPlan } from '../../profiles/plan.ts'
import type { Recorder } from '../../recorder/recorder.ts'
import type { StartLag } from '../start-lag.ts'
import { csvFields } from './csv-fields.ts'

/** The metrics that are read; k6 writes ten rows for every request, and the others are skipped unread. */
const wanted = [
  'http_req_duration,',
  'checks,',
  'iterations,',
  'vus,',
  'dropped_iterations,',
  'journeys_load_started,',
  'journeys_iteration_started,',
]

export interface SampleReaderOptions {
  readonly plan: LoadPlan
  readonly recorder: Recorder
  readonly lags: StartLag
  /** Which part of the test this k6 plays; 1: all of it. @defaultValue 1 */
  readonly share?: number | undefined
}

/**
 * Reads k6's CSV output as it is written and hands it to the recorder.
 * Columns: https://grafana.com/docs/k6/latest/results-output/real-time/csv/; which ones there are follows from `systemTags`,
 * so they are found by the names in the header.
 */
export class SampleReader {
  readonly #plan: LoadPlan
  readonly #recorder: Recorder
  readonly #lags: StartLag
  readonly #share: number
  #columns: Map<string, number> | undefined
  #rest = ''
  #startedAt: number | undefined
  #dropped = 0
  /** Iterations whose rows came before the first one's. */
  readonly #early: [at: number, number: number, user: string][] = []
  /** How much earlier k6's clock of the load begins than its schedule: it takes its users from the pool in between. */
  #scheduleOffsetMs = Number.POSITIVE_INFINITY
  /** Open model, by k6's number of the user: how late the iteration was begun whose first request is still to come. */
  readonly #lateMs = new Map<string, number>()
  /** Rows of requests read, to be compared with k6's own count. */
  requests = 0

  constructor({ plan, recorder, lags, share = 1 }: SampleReaderOptions) {
    this.#plan = plan
    this.#recorder = recorder
    this.#lags = lags
    this.#share = share
  }

  /** Takes the next piece of output, which may end in the middle of a row. */
  write(text: string): void {
    const all = this.#rest + text
    let begin = 0
    let quote = all.indexOf('"')
    for (;;) {
      let end = all.indexOf('\n', begin)
      // A line break between quotes belongs to a field: an error's text.
      while (end >= 0 && quote >= 0 && quote < end) {
        const closing = all.indexOf('"', quote + 1)
        if (closing > end || closing < 0) end = closing < 0 ? -1 : all.indexOf('\n', closing)
        if (end >= 0) quote = all.indexOf('"', closing + 1)
      }
      if (end < 0) break
      this.#row(all, begin, end)
      begin = end + 1
    }
    this.#rest = all.slice(begin)
  }

  #row(text: string, begin: number, end: number): void {
    if (!this.#columns) {
      this.#columns = new Map(csvFields(text.slice(begin, end)).map((name, index) => [name, index]))
      return
    }
    if (!wanted.some((metric) => text.startsWith(metric, begin))) return
    const fields = csvFields(text.slice(begin, end))
    const field = (name: string) => fields[this.#columns?.get(name) ?? -1] ?? ''
    const at = Number(field('timestamp')) / 1000
    const value = Number(field('metric_value'))
    switch (fields[0]) {
      case 'vus':
        // Before the first iteration there is no load yet.
        if (this.#startedAt !== undefined) this.#recorder.setUsers(at, value)
        return
      case 'journeys_load_started':
        this.#startedAt = value
        this.#recorder.start(value)
        for (const begun of this.#early.splice(0)) this.#begun(...begun)
        return
      case 'dropped_iterations':
        this.#dropped += value
        this.#recorder.addDropped(at, phaseAt(this.#plan.stages, at - (this.#startedAt ?? at)), value)
        return
      case 'journeys_iteration_started':
        this.#begun(at, value, tag(field('metadata'), 'vu'))
        return
    }
    const scenario = tag(field('extra_tags'), 'scenario')
    const phase = tag(field('extra_tags'), 'phase')
    if (scenario === '' || phase === '') return
    if (fields[0] === 'iterations') {
      this.#recorder.addIteration(at, scenario, phase)
    } else if (fields[0] === 'checks') {
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
        durationMs: value + this.#takeLateness(field('metadata')),
        error: field('error') || undefined,
      })
    }
  }

  /**
   * An iteration of the open model has begun. k6 numbers only those that found a user: with the dropped ones before it, which
   * the rows before this one have told, it is an arrival of the plan.
   */
  #begun(at: number, number: number, user: string): void {
    if (this.#startedAt === undefined) {
      this.#early.push([at, number, user])
      return
    }
    const arrival = number + Math.round(this.#dropped / this.#share)
    const dueMs = plannedStartMs(this.#plan, arrival)
    if (dueMs === undefined) return
    const lateMs = at - this.#startedAt - dueMs
    this.#scheduleOffsetMs = Math.min(this.#scheduleOffsetMs, lateMs)
    const phase = phaseAt(this.#plan.stages, at - this.#startedAt)
    const counted = this.#lags.begun(lateMs - this.#scheduleOffsetMs, phase)
    if (counted > 0) this.#lateMs.set(user, counted)
    else this.#lateMs.delete(user)
  }

  #takeLateness(metadata: string): number {
    if (this.#lateMs.size === 0) return 0
    const user = tag(metadata, 'vu')
    const lateMs = this.#lateMs.get(user) ?? 0
    this.#lateMs.delete(user)
    return lateMs
  }
}

/** Of `scenario=journal_creation&phase=steady`; empty when it is not there. */
function tag(tags: string, name: string): string {
  let begin = 0
  while (begin < tags.length) {
    const end = tags.indexOf('&', begin)
    const stop = end < 0 ? tags.length : end
    if (tags.startsWith(name, begin) && tags[begin + name.length] === '=') {
      return tags.slice(begin + name.length + 1, stop)
    }
    begin = stop + 1
  }
  return ''
}
