import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseDocument } from '../testing/json-schema.ts'
import { runMain } from '../testing/run-main.ts'

test('a new scenario is written from any folder of the project, said, and never over one that is there', async () => {
  const project = await mkdtemp(join(tmpdir(), 'journeys-new-'))
  try {
    const cwd = join(project, 'supabase')
    await mkdir(cwd)
    const { code, stdout } = await runMain(['loadtest', 'new', 'read-a-week'], { cwd: project })
    expect(code).toBe(0)
    expect(stdout).toContain('next   journeys loadtest --scenario loadtest/read-a-week.ts --profile smoke')
    expect(await readFile(join(project, 'loadtest', 'read-a-week.ts'), 'utf8')).toContain("name: 'read_a_week'")
    const again = await runMain(['loadtest', 'new', 'read-a-week', '--json'], { cwd })
    expect(again.code).toBe(2)
    expect(await parseDocument(again.stdout)).toMatchObject({ ok: false, error: { code: 'scenario_exists' } })
    const other = await runMain(['loadtest', 'new', 'other', '--json'], { cwd: project })
    expect(await parseDocument(other.stdout)).toMatchObject({ file: 'loadtest/other.ts', scenario: 'other' })
  } finally {
    await rm(project, { recursive: true, force: true })
  }
})
