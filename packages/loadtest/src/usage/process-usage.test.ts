import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { parsePs } from './process-reading.ts'
import { watchProcesses } from './process-usage.ts'

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

/** Runs a program of Node's, and resolves when it prints that it is at work. */
async function program(script: string): Promise<{ pid: number; child: ChildProcess }> {
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  await once(child.stdout as NodeJS.ReadableStream, 'data')
  return { pid: child.pid ?? 0, child }
}

const idle = `console.log('ready'); setInterval(() => {}, 1000)`
// Half of the time: 20 ms of work, 20 ms of rest.
const halfBusy = `
  const used = () => { const { user, system } = process.cpuUsage(); return user + system }
  console.log('ready'); setInterval(() => { const end = used() + 20_000; while (used() < end); }, 40)`

test('work and memory of a process are seen, and those of a resting one are not more than they are', async () => {
  const busy = await program(halfBusy)
  const large = await program(`globalThis.x = Buffer.alloc(200_000_000, 1); ${idle}`)
  const watch = watchProcesses(
    () => [
      { name: 'busy', pid: busy.pid, limitCores: 1 },
      { name: 'large', pid: large.pid },
    ],
    200,
  )
  await sleep(2000)
  const [worker, sleeper] = await watch.stop()
  // On a machine with other things to do it gets less than it wants.
  expect(worker?.cpuCores?.mean).toBeGreaterThan(0.1)
  expect(worker?.cpuCores?.mean).toBeLessThan(0.9)
  expect(worker).toMatchObject({ name: 'busy', limitCores: 1 })
  expect(worker?.cpu.length).toBeGreaterThanOrEqual(2)
  expect(sleeper?.cpuCores?.mean).toBeLessThan(0.1)
  expect(sleeper?.memoryPeakBytes).toBeGreaterThan(200_000_000)
  expect(sleeper?.memoryPeakBytes).toBeLessThan(400_000_000)
})

test('children count where it is asked for, also those that have ended', async () => {
  const parent = await program(`
    const { spawn } = require('node:child_process')
    const work = 'const end = process.cpuUsage().user + 300_000; while (process.cpuUsage().user < end);'
    const next = () => spawn(process.execPath, ['-e', work]).on('exit', next)
    setTimeout(next, 400)
    console.log('ready'); setInterval(() => {}, 1000)
  `)
  const watch = watchProcesses(
    () => [
      { name: 'alone', pid: parent.pid },
      { name: 'family', pid: parent.pid, withChildren: true },
    ],
    200,
  )
  await sleep(2500)
  const [alone, family] = await watch.stop()
  expect(family?.cpuCores?.mean).toBeGreaterThan((alone?.cpuCores?.mean ?? 0) + 0.15)
  expect(family?.memoryPeakBytes).toBeGreaterThan((alone?.memoryPeakBytes ?? 0) + 5_000_000)
})

test('a process that ends and comes back under its name goes on being counted, and one that never lived is told', async () => {
  const first = await program(idle)
  let pid = first.pid
  const watch = watchProcesses(
    () => [
      { name: 'server', pid },
      // Numbers of processes are smaller.
      { name: 'ghost', pid: 2 ** 30 },
    ],
    100,
  )
  await sleep(400)
  first.child.kill('SIGKILL')
  await once(first.child, 'exit')
  await sleep(300)
  const second = await program(halfBusy)
  pid = second.pid
  await sleep(1200)
  const [server, ghost] = await watch.stop()
  expect(server?.cpuCores?.mean).toBeGreaterThan(0.05)
  expect(server?.cpuCores?.mean).toBeLessThan(1)
  expect(ghost).toEqual({ name: 'ghost', limitCores: expect.any(Number), memoryPeakBytes: 0, memory: [], cpu: [] })
})

test('a list that cannot be read is a gap, not the end', async () => {
  let calls = 0
  const watch = watchProcesses(() => {
    calls++
    if (calls < 3) throw new Error('no state file')
    return [{ name: 'self', pid: process.pid }]
  }, 50)
  await sleep(400)
  const [self] = await watch.stop()
  expect(self?.memoryPeakBytes).toBeGreaterThan(0)
})

test('the lines of ps are read on systems without /proc', () => {
  const text = [
    '    1     0   9876   0:05.32 Mon Nov 23 08:00:00 2026',
    '  500     1 204800 1-02:03:04 Mon Nov 23 09:00:00 2026',
    '',
  ].join('\n')
  expect(parsePs(text)).toEqual([
    { pid: 1, parent: 0, memoryBytes: 9876 * 1024, cpuSeconds: 5.32, start: 'Mon Nov 23 08:00:00 2026' },
    { pid: 500, parent: 1, memoryBytes: 204800 * 1024, cpuSeconds: 93_784, start: 'Mon Nov 23 09:00:00 2026' },
  ])
})
