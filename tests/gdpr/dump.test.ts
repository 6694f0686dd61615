import { execFile } from 'node:child_process'
import { cp, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { journeys } from '../support/crash.ts'
import { type CrashProject, createCrashProject } from '../support/crash-project.ts'
import { createStoriedPerson, type StoriedPerson } from '../support/storied-person.ts'
import { marksOf, tracesIn, tracesUnder } from '../support/traces.ts'

// Issue 5, must show 2. The witnesses are not ours: pg_dumpall writes down everything that the cluster has, and the files are looked
// through byte by byte.

const run = promisify(execFile)

const missing = await run('pg_dumpall', ['--version']).then(
  () =>
    run('psql', ['--version']).then(
      () => undefined,
      () => 'psql is not installed',
    ),
  () => 'pg_dumpall is not installed',
)

describe.skipIf(missing !== undefined)(
  `a person with 5,000 entries${missing === undefined ? '' : ` (${missing})`}`,
  () => {
    let project: CrashProject
    let person: StoriedPerson
    let other: StoriedPerson
    let older: string

    beforeAll(async () => {
      project = await createCrashProject()
      other = await createStoriedPerson(project, { entries: 60, files: 2 })
      person = await createStoriedPerson(project, { entries: 5000, files: 8 })
      older = await dump('older')
      await cp(project.storageFolder, join(dirname(project.storageFolder), 'older-storage'), { recursive: true })
    })
    afterAll(() => project?.remove())

    /** The whole cluster as SQL: every database, and the roles. */
    async function dump(name: string): Promise<string> {
      const file = join(dirname(project.workdir), `${name}.sql`)
      await run('pg_dumpall', ['--file', file, ...superuser(project).args], { env: superuser(project).env })
      return file
    }

    /** Plans and does it, as a person at a terminal would. */
    async function erase(user: string) {
      const planned = await journeys(project, ['gdpr', 'anonymize', user, '--json'])
      expect(planned.code, planned.stdout + planned.stderr).toBe(0)
      const { id } = JSON.parse(planned.stdout).plan
      return await journeys(project, ['gdpr', 'anonymize', user, '--plan', id, '--confirm', user, '--json'])
    }

    async function expectNoTrace() {
      expect(tracesIn(await readFile(await dump('after'), 'utf8'), person)).toEqual([])
      expect(await tracesUnder(project.storageFolder, person)).toEqual([])
      // Receipts, and the list of erasures beside them.
      expect(await tracesUnder(join(project.workdir, '.journeys'), person)).toEqual([])
    }

    async function expectOtherUntouched() {
      const labels = marksOf(other).map(({ label }) => label)
      expect(tracesIn(await readFile(await dump('other'), 'utf8'), other)).toEqual(
        labels.filter((label) => label !== 'e-mail, in a URL'),
      )
      expect(
        (await tracesUnder(project.storageFolder, other)).filter((found) => found.endsWith('a file of theirs')),
      ).toHaveLength(2)
    }

    it('is in the dump and in the files before, with everything that is looked for', async () => {
      expect(person.phrases).toHaveLength(50)
      const labels = marksOf(person).map(({ label }) => label)
      expect(tracesIn(await readFile(older, 'utf8'), person)).toEqual(
        labels.filter((label) => label !== 'e-mail, in a URL'),
      )
      const files = await tracesUnder(project.storageFolder, person)
      expect(files.filter((found) => found.endsWith('a file of theirs'))).toHaveLength(8)
    })

    it('is in neither after the erasure, and everybody else still is', async () => {
      const erased = await erase(person.email)
      expect(erased.code, erased.stdout + erased.stderr).toBe(0)
      await expectNoTrace()
      await expectOtherUntouched()
    })

    it('is back after a restore of the older dump and of the older files', async () => {
      await project.replacePostgres()
      const { args, env } = superuser(project)
      await run('psql', ['--quiet', '--no-psqlrc', '--file', older, '--dbname', 'postgres', ...args], {
        env,
        maxBuffer: 1 << 26,
      })
      await rm(project.storageFolder, { recursive: true })
      await cp(join(dirname(project.storageFolder), 'older-storage'), project.storageFolder, { recursive: true })
      expect(tracesIn(await readFile(await dump('restored'), 'utf8'), person)).toContain('id')
    })

    it('is found again by a replay, and is in neither dump nor files after it', async () => {
      const found = JSON.parse((await journeys(project, ['gdpr', 'replay', '--json'])).stdout)
      expect(found.back.map(({ userId }: { userId: string }) => userId)).toEqual([person.id])
      const replayed = await journeys(project, ['gdpr', 'replay', '--confirm', project.environment, '--json'])
      expect(replayed.code, replayed.stdout + replayed.stderr).toBe(0)
      await expectNoTrace()
      await expectOtherUntouched()
    })
  },
)

/** The password by environment: arguments are everybody's to read. */
function superuser(project: CrashProject): { args: string[]; env: NodeJS.ProcessEnv } {
  const { hostname, port, username, password } = new URL(project.superuserUrl)
  return {
    args: ['--host', hostname, '--port', port, '--username', username, '--no-password'],
    env: { PATH: process.env.PATH, PGPASSWORD: decodeURIComponent(password) },
  }
}
