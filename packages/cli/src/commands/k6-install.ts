import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { toggle } from '../flag.ts'
import { renderFields, renderHeader } from '../output/header.ts'

export const command = defineCommand({
  name: 'k6 install',
  description:
    "Puts a pinned k6 into the user's cache folder: the official release, checked against its SHA-256, or built with `go install` " +
    'where Go is there. journeys loadtest finds it by itself.',
  arguments: {},
  flags: { force: toggle('--force', 'install the pinned one also where there is a k6 already') },
  document: z.object({
    path: z.string(),
    version: z.string(),
    how: z.enum(['found', 'release', 'go']).describe('found: it was there already'),
  }),
  examples: [
    { words: 'k6 install', says: 'install it, or say which one is there' },
    { words: 'k6 install --force', says: 'install the pinned one in any case' },
  ],
  resume: 'nothing is half installed; run journeys k6 install again',
  async run(context, { force }) {
    const { findK6, installK6 } = await import('@journeys/loadtest')
    const { processEnv, signal, output } = context
    const found = force ? undefined : await findK6(processEnv)
    if (found) return { document: { path: found.path, version: found.version, how: 'found' as const } }
    const installed = await installK6({ processEnv, signal, onProgress: (text) => output.progress.show(text) })
    return { document: installed }
  },
  render({ path, version, how }, look) {
    const right = how === 'found' ? 'was there already' : look.paint.green('installed')
    const from = {
      found: 'found on this machine',
      release: 'official release, SHA-256 checked',
      go: 'built by go install',
    }
    return [
      renderHeader(['Journeys', 'k6', version], right, look),
      '',
      renderFields(
        [
          ['path', path],
          ['from', from[how]],
        ],
        look,
      ),
    ].join('\n')
  },
})
