import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AgedJournal } from './aged-journal.ts'
import type { ProbeKind, ProbeOrder, Waits } from './prober.ts'

export interface Probed<Value> {
  value: Value
  reader: Waits
  writer: Waits
  /** Others' transactions that had written something, looked at from outside every few milliseconds. */
  locks: Waits
}

/** A reader, a writer and one who looks at the locks, each in a process and on a connection of its own, all the while that `work` runs and a moment around it. */
export async function whileProbing<Value>(journal: AgedJournal, work: () => Promise<Value>): Promise<Probed<Value>> {
  const kinds: ProbeKind[] = ['reader', 'writer', 'locks']
  const probes = await Promise.all(kinds.map((kind) => startProbe(journal, kind)))
  try {
    await sleep(200)
    const value = await work()
    await sleep(200)
    const [reader, writer, locks] = (await Promise.all(probes.map((probe) => probe.stop()))) as [Waits, Waits, Waits]
    return { value, reader, writer, locks }
  } finally {
    for (const probe of probes) probe.kill()
  }
}

/** `longest 12 ms of 3400 (p99 3 ms)` */
export function describeWaits({ turns, p99, longest }: Waits): string {
  return `longest ${longest.toFixed(1)} ms of ${turns} turns, p99 ${p99.toFixed(1)} ms`
}

async function startProbe({ server, passwords, superuserUrl }: AgedJournal, kind: ProbeKind) {
  // execArgv is inherited: it runs from source as we do.
  const child = fork(join(import.meta.dirname, 'prober.ts'))
  const url = kind === 'locks' ? superuserUrl : server.url('authenticator', passwords.authenticator)
  child.send({ kind, url } satisfies ProbeOrder)
  const died = once(child, 'exit').then(([code]) => {
    throw new Error(`the ${kind} ended with ${code}`)
  })
  died.catch(() => undefined)
  await Promise.race([once(child, 'message'), died])
  return {
    async stop(): Promise<Waits> {
      const answer = once(child, 'message')
      child.send('stop')
      const [waits] = await Promise.race([answer, died])
      return waits as Waits
    },
    kill: () => child.kill(),
  }
}
