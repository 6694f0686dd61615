import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '..', '..')

it('has the types of supabase-js as the migrations make them', async () => {
  const args = ['--conditions=source', '--import', 'tsx', 'scripts/generate-types.ts', '--check']
  const { stderr } = await promisify(execFile)(process.execPath, args, { cwd: root })
  expect(stderr).toContain('types.ts is current')
})
