import { chmod, copyFile, mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../../tests/support/database.ts'
import { generateKeys } from '../keys.ts'
import { checkProgram, findPostgrest } from './binary.ts'
import { startPostgrest } from './server.ts'

describe('PostgREST', () => {
  let database: TestDatabase
  let folder: string

  beforeAll(async () => {
    database = await createTestDatabase()
    folder = await mkdtemp(join(tmpdir(), 'journeys-postgrest-'))
  })

  afterAll(async () => {
    await rm(folder, { recursive: true })
    await database.drop()
  })

  it('is ready when it says so, and gone when it was stopped', async () => {
    const { jwtSecret, anonKey } = generateKeys()
    const server = await startPostgrest({ databaseUrl: database.authenticatorUrl, jwtSecret, pool: 2 })
    const answer = await fetch(server.url, { headers: { authorization: `Bearer ${anonKey}` } })
    expect(answer.status).toBe(200)
    await answer.text()
    await server.stop()
    await expect(fetch(server.url)).rejects.toThrow()
  })

  it('that cannot log in is an error with its own words, without the password', async () => {
    const url = new URL(database.authenticatorUrl)
    url.password = 'wrong-password'
    const started = startPostgrest({
      databaseUrl: url.href,
      jwtSecret: generateKeys().jwtSecret,
      logFile: join(folder, 'postgrest.log'),
      readyWithinMs: 1500,
    })
    const error = await started.catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      code: 'postgrest_failed',
      detail: expect.stringContaining('password authentication failed'),
    })
    expect(JSON.stringify(error)).not.toContain('wrong-password')
  })

  it('is taken from JOURNEYS_POSTGREST, then PATH, then npm', async () => {
    const own = join(folder, 'postgrest')
    await writeFile(own, '#!/bin/sh\n')
    await chmod(own, 0o755)
    expect(await findPostgrest({ JOURNEYS_POSTGREST: own, PATH: '/nowhere' })).toEqual({
      path: own,
      origin: 'JOURNEYS_POSTGREST',
    })
    expect(await findPostgrest({ PATH: `/nowhere:${folder}` })).toEqual({ path: own, origin: 'PATH' })
    expect(await findPostgrest({ PATH: '/nowhere' })).toMatchObject({ origin: 'npm' })
    await expect(findPostgrest({ JOURNEYS_POSTGREST: join(folder, 'missing') })).rejects.toMatchObject({
      code: 'postgrest_missing',
      hint: 'unset JOURNEYS_POSTGREST',
    })
  })

  it('with one byte changed is not run', async () => {
    const { path } = await findPostgrest({ PATH: '/nowhere' })
    const changed = join(folder, 'changed')
    await copyFile(path, changed)
    await checkProgram(changed, `${process.platform}-${process.arch}`)
    const file = await open(changed, 'r+')
    await file.write(Buffer.from([0xff]), 0, 1, 1000)
    await file.close()
    await expect(checkProgram(changed, `${process.platform}-${process.arch}`)).rejects.toMatchObject({
      code: 'postgrest_tampered',
    })
  })
})
