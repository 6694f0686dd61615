/** A process that runs k6 as `journeys loadtest` does, for a test that kills it: tells k6's number and that samples came. */
import { runK6 } from '../../packages/loadtest/src/engines/k6/k6-process.ts'

const [k6 = '', folder = ''] = process.argv.slice(2)
await runK6({
  k6,
  folder,
  users: 1,
  signal: new AbortController().signal,
  onStart: (pid) => process.stdout.write(`pid ${pid}\n`),
  onSamples: (text) => process.stdout.write(text.includes('\nvus,') ? 'samples\n' : ''),
})
