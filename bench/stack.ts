import { cp, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { resetStack, type StackState, stopStack } from '@journeys/stack'
import type { BenchContext } from './run.ts'

/** A running stack with the seed's small community in it, stopped and removed after `use`. */
export async function withSeededStack<Value>(
  { folder }: BenchContext,
  use: (stack: StackState) => Promise<Value>,
): Promise<Value> {
  const workdir = join(folder, 'seeded')
  await mkdir(workdir)
  await cp('supabase', join(workdir, 'supabase'), { recursive: true })
  try {
    return await use(await resetStack({ workdir }))
  } finally {
    await stopStack({ workdir })
    await rm(workdir, { recursive: true, force: true })
  }
}
