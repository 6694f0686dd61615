import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { commandFault } from './command-fault.ts'
import { postmasterFault } from './postmaster-fault.ts'

const never = new AbortController().signal

test('a command is run by the shell, with the environment it was given', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'journeys-fault-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const fault = commandFault('echo "$WORD" > "$FOLDER/said" && true', { ...process.env, WORD: 'down', FOLDER: folder })
  await fault.inject(never)
  expect(await readFile(join(folder, 'said'), 'utf8')).toBe('down\n')
  expect(fault.description).toContain('echo')
})

test('a command that fails is an error of the run, with what it printed', async () => {
  const fault = commandFault('echo cannot reach db >&2; exit 3', process.env)
  await expect(fault.inject(never)).rejects.toMatchObject({
    code: 'fault_not_injected',
    detail: expect.stringMatching(/exit code 3\ncannot reach db$/),
  })
})

test('a command that does not end is ended, with everything it started', async () => {
  const began = Date.now()
  await expect(commandFault('sleep 40 | sleep 41', process.env, 200).inject(never)).rejects.toMatchObject({
    detail: expect.stringContaining('did not end within 0.2 s'),
  })
  expect(Date.now() - began).toBeLessThan(5000)
})

test('a command may leave a server behind that keeps its output open', async () => {
  const began = Date.now()
  await commandFault('sleep 3 & exit 0', process.env).inject(never)
  expect(Date.now() - began).toBeLessThan(2500)
})

test('a run that is stopped does not wait for the command', async () => {
  const stop = new AbortController()
  const injection = commandFault('sleep 40', process.env).inject(stop.signal)
  await sleep(50)
  stop.abort(new Error('stopped'))
  await expect(injection).rejects.toThrow('stopped')
  await expect(commandFault('true', process.env).inject(stop.signal)).rejects.toThrow('stopped')
})

test('the postmaster that runs now is killed, without a chance to tidy up', async () => {
  const child = spawn('sleep', ['40'])
  const exited = once(child, 'exit')
  await postmasterFault(async () => child.pid as number).inject(never)
  expect(await exited).toEqual([null, 'SIGKILL'])
  await expect(postmasterFault(async () => child.pid as number).inject(never)).rejects.toMatchObject({
    code: 'fault_not_injected',
  })
})

test('never kills a group of processes', async () => {
  for (const pid of [0, -1, 1, Number.NaN]) {
    await expect(postmasterFault(async () => pid).inject(never)).rejects.toMatchObject({ code: 'fault_not_injected' })
  }
})
