import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { type Instance, keepAlive } from './keep-alive.ts'

const children: ChildProcess[] = []

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

/** A real process that lives until it is killed, or ends at once. */
function start(seconds = 60): Instance {
  const child = spawn('sleep', [String(seconds)])
  children.push(child)
  return {
    pid: child.pid as number,
    exited: once(child, 'exit').then(([code, signal]) => ({ code, signal })),
    stop: async () => {
      child.kill()
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    },
  }
}

describe('a server that is kept alive', () => {
  it('is back after it was killed, and the log says so', async () => {
    const log: string[] = []
    const first = start()
    const restarted = new Promise<Instance>((resolve) => {
      const kept = keepAlive(first, {
        name: 'Postgres',
        restart: async () => start(),
        log: (line) => log.push(line),
        onRestarted: async (instance) => {
          resolve(instance)
          await kept.stop
        },
        onGiveUp: (reason) => log.push(reason),
      })
    })
    process.kill(first.pid, 'SIGKILL')
    const second = await restarted
    expect(second.pid).not.toBe(first.pid)
    expect(log).toEqual([`Postgres (pid ${first.pid}) ended: SIGKILL`, `Postgres is back (pid ${second.pid})`])
  })

  it('is given up with a reason when it dies again and again', async () => {
    let starts = 0
    const reason = await new Promise<string>((resolve) => {
      keepAlive(start(0), {
        name: 'PostgREST',
        firstPauseMs: 1,
        restart: async () => {
          starts++
          return start(0)
        },
        log: () => undefined,
        onGiveUp: resolve,
      })
    })
    expect(reason).toBe('PostgREST ended 6 times within 60 s')
    expect(starts).toBe(5)
  })

  it('is given up when it cannot be brought up any more', async () => {
    const log: string[] = []
    const reason = await new Promise<string>((resolve) => {
      keepAlive(start(0), {
        name: 'Postgres',
        firstPauseMs: 1,
        restart: () => Promise.reject(new Error('the disk is full')),
        log: (line) => log.push(line),
        onGiveUp: resolve,
      })
    })
    expect(reason).toContain('Postgres ended 6 times')
    expect(log).toContain('Postgres could not be restarted: the disk is full')
  })

  it('stays down once it is stopped, also in the middle of a restart', async () => {
    const first = start()
    let second: Instance | undefined
    const restarting = new Promise<void>((resolve) => {
      const kept = keepAlive(first, {
        name: 'Postgres',
        restart: async () => {
          const stopped = kept.stop()
          second = start()
          void stopped.then(resolve)
          return second
        },
        log: () => undefined,
        onGiveUp: () => undefined,
      })
    })
    process.kill(first.pid, 'SIGKILL')
    await restarting
    expect((await second?.exited)?.signal).toBe('SIGTERM')
  })
})
