import { isInstalled, requestsPerSecond } from './load.ts'
import { interleaved, type Result } from './measurement.ts'
import { chooseReader, newestEntries } from './reader.ts'
import type { BenchContext } from './run.ts'
import { withSeededStack } from './stack.ts'

/** What our gateway costs: the same read through it and straight at PostgREST. */
export async function gateway(context: BenchContext): Promise<Result> {
  const name = 'gateway / bare PostgREST'
  if (!(await isInstalled('wrk'))) return { name, skipped: 'wrk is not installed (apt-get install wrk)' }
  return withSeededStack(context, async (stack) => {
    const { token } = await chooseReader(stack)
    const headers = { apikey: stack.anonKey, token }
    const { through, bare } = await interleaved(5, {
      bare: () => requestsPerSecond(`${stack.postgrestUrl}${newestEntries}`, headers, context.folder),
      through: () => requestsPerSecond(`${stack.apiUrl}/rest/v1${newestEntries}`, headers, context.folder),
    })
    return {
      name,
      detail: `${through.toFixed(0)} req/s / ${bare.toFixed(0)} req/s`,
      ratio: through / bare,
      goal: { atLeast: 0.8 },
    }
  })
}
