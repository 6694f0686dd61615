import { connect, createServer, type Socket } from 'node:net'
import type { SupabaseClient } from '@supabase/supabase-js'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { createTestClient } from '../../../../../tests/support/client.ts'
import { bytesOf, filesUnder, picture } from '../../../../../tests/support/media.ts'
import { createTestStack, type TestStack } from '../../../../../tests/support/stack.ts'
import { parseSettings } from '../../settings.ts'
import { startGateway } from '../index.ts'
import { createStorage } from './app.ts'

// The connection to the database dies at each statement of an upload and of a removal: before the server has it, and after the
// server has done it, so that nobody hears of it. Whatever comes of it, a row has its whole file, and what is left over is swept.

let stack: TestStack
let postgres: pg.Pool
let through: Proxy
let files: ReturnType<SupabaseClient['storage']['from']>

beforeAll(async () => {
  stack = await createTestStack()
  postgres = new pg.Pool({ connectionString: stack.database.url })
  through = await openProxy(stack.database.storageAdminUrl)
  const gateway = await startGateway({
    host: '127.0.0.1',
    port: 0,
    postgrestUrl: stack.postgrestUrl,
    authDatabaseUrl: stack.database.authAdminUrl,
    keys: stack,
    auth: parseSettings('').auth,
    storage: { folder: stack.storageFolder, databaseUrl: through.url },
  })
  stops.push(() => gateway.stop(), through.close)
  const { storage } = createTestClient(gateway, stack.serviceRoleKey)
  await storage.createBucket('files')
  files = storage.from('files')
})
const stops: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const stop of stops) await stop()
  await postgres?.end()
  await stack?.stop()
})
afterEach(async () => {
  through.cut = undefined
  const { data } = await files.list()
  if (data?.length) await files.remove(data.map(({ name }) => name))
  expect(await filesUnder(stack.storageFolder)).toEqual([])
})

interface Cut {
  /** Part of the statement. */
  statement: string
  /** Which of those that match. */
  nth: number
  when: 'before' | 'after'
}

interface Proxy {
  url: string
  cut: Cut | undefined
  close(): Promise<void>
}

/** Passes everything on, but for the statement at which it cuts the line. */
async function openProxy(databaseUrl: string): Promise<Proxy> {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    let deaf = false
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
    }
    client.on('close', () => upstream.end())
    upstream.on('close', () => client.destroy())
    client.on('data', (chunk) => {
      const { cut } = proxy
      if (cut === undefined || !chunk.includes(cut.statement) || --cut.nth > 0) return void upstream.write(chunk)
      proxy.cut = undefined
      if (cut.when === 'before') {
        upstream.destroy()
      } else {
        deaf = true
        upstream.write(chunk)
      }
    })
    upstream.on('data', (chunk) => {
      if (deaf) client.destroy()
      else client.write(chunk)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const url = new URL(databaseUrl)
  url.port = String(port)
  const proxy: Proxy = {
    url: url.href,
    cut: undefined,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
  return proxy
}

/** The rows, each with whether its whole file is there; and how many files no row names. */
async function state() {
  const { rows } = await postgres.query<{ name: string; version: string }>('select name, version from storage.objects')
  const present = (await filesUnder(stack.storageFolder)).map((file) => file.split('/').at(-1))
  for (const { version } of rows) expect(present).toContain(version)
  return { rows: rows.length, spare: present.length - rows.length }
}

async function nextStart() {
  // Files of this very moment are left alone: their row may be on its way.
  await new Promise((resolve) => setTimeout(resolve, 30))
  const { storageFolder: folder, jwtSecret } = stack
  const storage = createStorage({ folder, databaseUrl: stack.database.storageAdminUrl, jwtSecret })
  onTestFinished(() => storage.close())
  await storage.swept
}

const insert = 'insert into storage.objects'
const remove = 'delete from storage.objects'

describe.each(['before', 'after'] as const)('the connection dies just %s', (when) => {
  test.each([
    ['the policies are asked', { statement: insert, nth: 1 }],
    ['the question is taken back', { statement: 'rollback', nth: 1 }],
    ['the row is made', { statement: insert, nth: 2 }],
  ])('%s: the upload failed, and there is neither row nor file', async (_step, cut) => {
    through.cut = { ...cut, when }
    const { error } = await files.upload('new.png', picture())
    expect(error).toMatchObject({ status: 544, statusCode: '544' })
    expect(await state()).toEqual({ rows: 0, spare: 0 })
  })

  test('the row of an upload is committed: nobody knows, so the file stays as long as that is so', async () => {
    // The first is that of the look at the bucket.
    through.cut = { statement: 'commit', nth: 2, when }
    const content = picture()
    const { error } = await files.upload('new.png', content)
    expect(error).toMatchObject({ status: 544 })
    await expect.poll(state).toEqual(when === 'after' ? { rows: 1, spare: 0 } : { rows: 0, spare: 1 })
    await nextStart()
    expect(await state()).toEqual({ rows: when === 'after' ? 1 : 0, spare: 0 })
    // Sent again, it is there.
    expect((await files.upload('new.png', content, { upsert: true })).error).toBeNull()
    expect(await bytesOf((await files.download('new.png')).data)).toEqual(content)
  })

  test('a new content is committed: it is the old or the new one, whole', async () => {
    const contents = { old: picture(), new: picture() }
    await files.upload('a.png', contents.old)
    through.cut = { statement: 'commit', nth: 2, when }
    expect((await files.upload('a.png', contents.new, { upsert: true })).error).toMatchObject({ status: 544 })
    await expect.poll(state).toEqual({ rows: 1, spare: 1 })
    const got = await bytesOf((await files.download('a.png')).data)
    expect(got).toEqual(when === 'after' ? contents.new : contents.old)
    await nextStart()
    expect(await state()).toEqual({ rows: 1, spare: 0 })
    expect(await bytesOf((await files.download('a.png')).data)).toEqual(got)
  })

  test.each([
    ['rows are deleted', remove],
    ['that is committed', 'commit'],
  ])('%s, in a removal: row and file stay, or both go', async (_step, statement) => {
    await files.upload('a.png', picture())
    through.cut = { statement, nth: 1, when }
    expect((await files.remove(['a.png'])).error).toMatchObject({ status: 544 })
    const gone = statement === 'commit' && when === 'after'
    await expect.poll(state).toEqual(gone ? { rows: 0, spare: 1 } : { rows: 1, spare: 0 })
    await nextStart()
    expect(await state()).toEqual({ rows: gone ? 0 : 1, spare: 0 })
    expect((await files.download('a.png')).error === null).toBe(!gone)
  })

  test('a move is committed: the object has one of its names', async () => {
    const content = picture()
    await files.upload('a.png', content)
    through.cut = { statement: 'commit', nth: 1, when }
    expect((await files.move('a.png', 'b.png')).error).toMatchObject({ status: 544 })
    const name = when === 'after' ? 'b.png' : 'a.png'
    await expect.poll(async () => await bytesOf((await files.download(name)).data)).toEqual(content)
    expect(await state()).toEqual({ rows: 1, spare: 0 })
  })
})
