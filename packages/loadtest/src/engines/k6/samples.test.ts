import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { LoadPlan } from '../../profiles/plan.ts'
import type { Recorder } from '../../recorder/recorder.ts'
import type { StartLag } from '../start-lag.ts'
import { SampleReader } from './samples.ts'

const header = 'metric_name,timestamp,metric_value,check,error,expected_response,name,status,extra_tags,metadata\n'
const quote = (field: string) => (/[",\n\r]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)

/** The errors of the requests that are read when the text comes in pieces. */
function errorsRead(pieces: readonly string[]): (string | undefined)[] {
  const errors: (string | undefined)[] = []
  const recorder = { addRequest: ({ error }: { error?: string }) => errors.push(error) } as unknown as Recorder
  const reader = new SampleReader({ plan: { stages: [] } as unknown as LoadPlan, recorder, lags: {} as StartLag })
  for (const piece of pieces) reader.write(piece)
  return errors
}

test('wherever the output is cut, and whatever is in an error, every request is read once', () => {
  const error = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', ' '), minLength: 1 })
  fc.assert(
    fc.property(fc.array(error), fc.array(fc.integer({ min: 0, max: 2000 })), (errors, cuts) => {
      const rows = errors.map(
        (text) =>
          `http_req_duration,1700000000000000,1.500000,,${quote(text)},false,GET x,0,phase=steady&scenario=a,\n` +
          'http_req_waiting,1700000000000000,1.5,,,,,,,\n',
      )
      const text = header + rows.join('')
      const places = [0, ...cuts.map((cut) => Math.min(cut, text.length)), text.length].sort((a, b) => a - b)
      const pieces = places.slice(1).map((place, index) => text.slice(places[index], place))
      expect(errorsRead(pieces)).toEqual(errors)
    }),
  )
})
