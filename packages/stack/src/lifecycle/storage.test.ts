import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestClient } from '../../../../tests/support/client.ts'
import { bytesOf, filesUnder, picture } from '../../../../tests/support/media.ts'
import { createProject, type TestProject } from '../../../../tests/support/project.ts'
import { type StartedStack, startStack } from './start.ts'
import { resetStack, stopStack } from './stop.ts'

describe('the files of Storage', () => {
  let project: TestProject
  let stack: StartedStack

  beforeAll(async () => {
    project = await createProject({ migrations: {} })
    stack = await startStack({ workdir: project.workdir })
    const { error } = await storage().createBucket('files')
    expect(error).toBeNull()
  })
  afterAll(() => project.remove())

  const storage = () => createTestClient({ url: stack.apiUrl }, stack.serviceRoleKey).storage

  async function versions(): Promise<Map<string, string>> {
    const client = new pg.Client({ connectionString: stack.databaseUrl })
    await client.connect()
    try {
      const { rows } = await client.query<{ name: string; version: string }>(
        'select name, version from storage.objects',
      )
      return new Map(rows.map(({ name, version }) => [name, version]))
    } finally {
      await client.end()
    }
  }

  it('and their rows agree after kill -9 of everything in the middle of uploads and removals', async () => {
    for (let round = 0; round < 2; round++) {
      const contents = new Map<string, Buffer>()
      const kept = new Set<string>()
      const end = new AbortController()
      const work = Array.from({ length: 4 }, async (_, worker) => {
        for (let n = 0; !end.signal.aborted; n++) {
          const name = `${round}/${worker}/${n}`
          const content = picture(300_000)
          contents.set(name, content)
          const uploaded = await storage().from('files').upload(name, content)
          if (uploaded.error !== null) return
          if (n % 3 !== 2) kept.add(name)
          else await storage().from('files').remove([name])
        }
      })
      while (kept.size < 10) await sleep(5)
      await sleep(Math.random() * 50)
      for (const pid of [stack.supervisorPid, stack.postgresPid, stack.postgrestPid]) process.kill(pid, 'SIGKILL')
      end.abort()
      await Promise.all(work.map((one) => one.catch(() => undefined)))

      stack = await startStack({ workdir: project.workdir })
      const rows = await versions()
      // Once the stack is ready, nothing is left over.
      const files = await filesUnder(project.storage)
      expect(files.map((file) => file.split('/').at(-1)).sort()).toEqual([...rows.values()].sort())
      for (const name of kept) expect(rows.has(name)).toBe(true)
      for (const name of rows.keys()) {
        if (!name.startsWith(`${round}/`)) continue
        const { data } = await storage().from('files').download(name)
        expect(contents.get(name)?.equals(await bytesOf(data))).toBe(true)
      }
    }
  })

  it('are served by a stack that was made before it had Storage', async () => {
    await stopStack({ workdir: project.workdir })
    const secrets = JSON.parse(await readFile(project.secretsFile, 'utf8'))
    delete secrets.passwords.supabase_storage_admin
    await writeFile(project.secretsFile, JSON.stringify(secrets))
    const marker = join(stack.dataDir, 'journeys.json')
    await writeFile(marker, JSON.stringify({ ...JSON.parse(await readFile(marker, 'utf8')), bootstrap: 'older' }))

    stack = await startStack({ workdir: project.workdir })
    expect((await storage().from('files').upload('again.txt', 'text')).error).toBeNull()
    expect(JSON.parse(await readFile(project.secretsFile, 'utf8')).passwords).toMatchObject(secrets.passwords)
  })

  it('are gone after a reset', async () => {
    expect((await filesUnder(project.storage)).length).toBeGreaterThan(0)
    stack = await resetStack({ workdir: project.workdir })
    expect(await filesUnder(project.storage)).toEqual([])
    expect((await storage().listBuckets()).data).toEqual([])
  })
})
