import { describe, expect, it } from 'vitest'
import { type CrashPoint, type CrashRun, crashPoints, describePoint, expectKilled, stepsOf } from './crash.ts'

// The harness that proves what survives a kill must itself be able to say no.

const event = (step: string, moment: 'begins' | 'ended', at: number) =>
  ({ operation: 'retention', id: '1', step, moment, at }) as const

const whole: CrashRun = {
  code: 0,
  signal: null,
  stdout: '',
  stderr: '',
  struck: false,
  steps: [
    event('open', 'begins', 0),
    event('open', 'ended', 2),
    event('rows metrics', 'begins', 3),
    event('rows metrics', 'ended', 63),
  ],
}

const point: CrashPoint = { step: 'open', moment: 'ended', victim: 'cli' }
const killed: CrashRun = { ...whole, code: null, signal: 'SIGKILL', struck: true }
const unreachable: CrashRun = { ...whole, code: 4, struck: true, stderr: 'error  The database cannot be reached' }

describe('the moments to kill at', () => {
  it('are both ends of every step that was announced, and the middle of one that takes a while', () => {
    expect(stepsOf(whole)).toEqual(['open', 'rows metrics'])
    expect(crashPoints(whole, ['cli']).map(describePoint)).toEqual([
      'the command is killed when "open" begins',
      'the command is killed when "open" has ended',
      'the command is killed when "rows metrics" begins',
      'the command is killed in the middle of "rows metrics"',
      'the command is killed when "rows metrics" has ended',
    ])
    expect(crashPoints(whole, ['cli', 'postgres'])).toHaveLength(10)
  })
})

describe('a run that was to be killed', () => {
  it('was, and left work to do', () => {
    expect(expectKilled(killed, point)).toBe(true)
    expect(expectKilled(unreachable, { ...point, victim: 'postgres' })).toBe(true)
  })

  it('may have been past everything it needed: then somebody has to look whether it told the truth', () => {
    expect(expectKilled({ ...whole, struck: true }, { ...point, victim: 'postgres' })).toBe(false)
    expect(expectKilled(whole, { step: 'open', moment: 'inside', afterMs: 5, victim: 'cli' })).toBe(false)
  })

  it('proves nothing when the kill did not happen', () => {
    expect(() => expectKilled(whole, point)).toThrow('nothing was killed')
  })

  it('must not have printed a document, nor claimed anything on the way', () => {
    expect(() => expectKilled({ ...killed, stdout: '{"ok":true}' }, point)).toThrow()
    expect(() => expectKilled({ ...killed, stderr: 'run 1 finished' }, point)).toThrow()
  })

  it('must end with the exit code for a database that cannot be reached', () => {
    expect(() => expectKilled({ ...unreachable, code: 1 }, { ...point, victim: 'postgres' })).toThrow()
  })
})
