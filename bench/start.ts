import { cp, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { startStack, stopStack } from '@journeys/stack'
import { median, type Result, timed } from './measurement.ts'
import type { BenchContext } from './run.ts'

const rounds = 5

/** From an empty folder (initdb, bootstrap, migrations, ready) and on existing data, each as a share of its budget. */
export async function start({ folder }: BenchContext): Promise<Result[]> {
  const fresh: number[] = []
  const warm: number[] = []
  for (let round = 0; round < rounds; round++) {
    const workdir = join(folder, `start-${round}`)
    await mkdir(workdir)
    await cp('supabase', join(workdir, 'supabase'), { recursive: true })
    try {
      fresh.push(await timed(() => startStack({ workdir })))
      await stopStack({ workdir })
      warm.push(await timed(() => startStack({ workdir })))
    } finally {
      await stopStack({ workdir })
      await rm(workdir, { recursive: true, force: true })
    }
  }
  return [
    budget('start from nothing / 3 s', median(fresh), 3000),
    budget('start on existing data / 1 s', median(warm), 1000),
  ]
}

function budget(name: string, milliseconds: number, limit: number): Result {
  return { name, detail: `${milliseconds.toFixed(0)} ms`, ratio: milliseconds / limit, goal: { atMost: 1 } }
}
