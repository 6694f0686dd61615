import { createServer } from 'node:net'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../../../../tests/support/database.ts'
import { JourneysError } from '../errors.ts'
import { parseDatabaseUrl, requireSessions } from './address.ts'
import { type ConnectOptions, connect, type Database } from './connection.ts'
import { serverError, sqlState } from './database-error.ts'
import { sqlIdentifier } from './identifier.ts'
import { retryTransient } from './retry.ts'

let target: TestDatabase
let database: Database
beforeAll(async () => {
  target = await createTestDatabase({ migrated: false })
  database = await connect(target.url, { applicationName: 'connection test' })
  await database.query('create table public.t (id int primary key, x int)')
})
afterAll(async () => {
  await database?.end()
  await target?.drop()
})

async function failure(promise: Promise<unknown>): Promise<JourneysError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof JourneysError)) throw new Error(`not a JourneysError: ${error}`)
  return error
}
const refused = (url: string, options: ConnectOptions = {}) => failure(connect(url, options))
const rows = async () => (await database.query('select id, x from public.t order by id')).rows

describe('what the way in must be like', () => {
  test.each([
    'postgresql://u:p@localhost/d',
    'postgres://u:p@127.0.0.1:5433/d',
    'postgres://u:p@127.8.9.1/d',
    'postgres://u:p@[::1]/d',
    'postgres:///d?host=/run/postgresql',
    'postgres://u@%2Frun%2Fpostgresql/d',
    'postgres://u:p@localhost/d?sslmode=disable',
  ])('%s is this machine: plain', (url) => {
    expect(parseDatabaseUrl(url)).toMatchObject({ ssl: false, isLoopback: true, database: 'd' })
  })

  test.each([
    'postgres://u:p@db.example.com/d',
    'postgres://u:p@db.example.com/d?sslmode=require',
    'postgres://u:p@db.example.com/d?sslmode=verify-full',
    'postgres://u:p@10.0.0.7/d',
    'postgres://u:p@localhost.example.com/d',
    'postgres://u:p@127.0.0.1.example.com/d',
    'postgres://u:p@0.0.0.0/d',
    'postgres://u:p@localhost/d?host=db.example.com',
    'postgres://u:p@localhost/d?sslmode=verify-full',
  ])('%s: verified TLS', (url) => {
    expect(parseDatabaseUrl(url).ssl).toEqual({ rejectUnauthorized: true })
  })

  test.each(['sslmode=disable', 'sslmode=no-verify', 'sslmode=allow', 'sslmode=prefer', 'ssl=false', 'ssl=0'])(
    'another machine with %s is refused',
    async (parameter) => {
      const error = await refused(`postgres://u:hunter2@db.example.com/d?${parameter}`)
      expect(error).toMatchObject({ code: 'database_tls_required', exitCode: 2 })
      expect(inspect(error)).not.toContain('hunter2')
    },
  )

  test.each([
    'hunter2',
    'https://u:hunter2@db.example.com',
    'postgres://u:hunter2@db.example.com:99999/d',
    'postgres://u:hunter2%@localhost/d',
    'postgres://u:hunter2@localhost/d?sslmode=maybe',
    'postgres://u:hunter2@db.example.com/d?sslrootcert=/nowhere/ca.crt',
    'postgres://u:hunter2@local host/d',
  ])('%s is refused without being repeated', async (url) => {
    const error = await refused(url)
    expect(error).toMatchObject({ code: 'database_url_invalid', exitCode: 2 })
    expect(inspect(error, { depth: 9 })).not.toContain('hunter2')
  })

  test('whatever the text, it is an address or a JourneysError that does not repeat the password', () => {
    fc.assert(
      fc.property(fc.string(), fc.webUrl(), (text, url) => {
        for (const attempt of [text, url, `postgres://u:hunter2@${text}`, `postgres://u:hunter2@localhost/d?${text}`]) {
          try {
            expect(parseDatabaseUrl(attempt).label).not.toContain('hunter2')
          } catch (error) {
            expect(error).toBeInstanceOf(JourneysError)
            expect(inspect(error, { depth: 9 })).not.toContain('hunter2')
          }
        }
      }),
    )
  })

  test('a server without TLS is not talked to where TLS is asked for', async () => {
    expect(await refused(`${target.url}?sslmode=verify-full`)).toMatchObject({
      code: 'database_untrusted',
      exitCode: 4,
    })
  })
})

describe('a database that does not answer', () => {
  const withPort = (port: number) => `postgres://postgres:hunter2@127.0.0.1:${port}/postgres`

  test('nobody there, no such name, a wrong password, a wrong database: exit code 4, what to do, no password', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    await new Promise((resolve) => server.close(resolve))
    const errors = {
      database_unreachable: await refused(withPort(port)),
      database_login_refused: await refused(target.url.replace(/:[^:@/]+@/, ':hunter2@')),
      database_missing: await refused(target.url.replace(/[^/]+$/, 'nothing_there')),
    }
    for (const [code, error] of Object.entries(errors)) {
      expect(error).toMatchObject({ code, exitCode: 4, hint: expect.stringContaining('journeys') })
      expect(inspect(error, { depth: 9 })).not.toContain('hunter2')
      expect(error.detail).toContain('as postgres')
    }
    const elsewhere = await refused('postgres://postgres:hunter2@no-such-host.invalid/postgres')
    expect(elsewhere).toMatchObject({ code: 'database_unreachable', exitCode: 4 })
    expect(inspect(elsewhere, { depth: 9 })).not.toContain('hunter2')
  })

  test('a server that accepts and then says nothing is given up after the time allowed', async () => {
    const sockets: { destroy(): void }[] = []
    const server = createServer((socket) => sockets.push(socket))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const error = await refused(withPort((server.address() as { port: number }).port), { connectTimeoutMs: 100 })
    expect(error).toMatchObject({ code: 'database_unreachable', exitCode: 4 })
    for (const socket of sockets) socket.destroy()
    server.close()
  })

  test('a session ended by the server is an error for its query, and the next one gets a new session', async () => {
    const running = failure(database.query('select pg_sleep(30)'))
    await expect
      .poll(async () => {
        const { rows: ended } = await database.query(
          "select pg_terminate_backend(pid) from pg_stat_activity where query = 'select pg_sleep(30)' and datname = current_database()",
        )
        return ended.length
      })
      .toBe(1)
    expect(await running).toMatchObject({ code: 'database_unreachable', exitCode: 4 })
    expect((await database.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  })

  test('an idle session ended by the server does not end the process', async () => {
    const admin = await connect(target.superuserUrl)
    await database.query('select 1')
    await admin.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'connection test'",
    )
    await admin.end()
    await expect
      .poll(() => database.query('select 1 as one').catch(() => undefined))
      .toMatchObject({ rows: [{ one: 1 }] })
  })
})

describe('statements', () => {
  test('bigints are numbers while that is exact, dates are their text', async () => {
    const { rows: values } = await database.query(
      "select 42::bigint as small, 9223372036854775807::bigint as big, date '2026-03-29' as day, current_setting('application_name') as name",
    )
    expect(values).toEqual([{ small: 42, big: '9223372036854775807', day: '2026-03-29', name: 'connection test' }])
  })

  test('the server’s error keeps its SQLSTATE, however often it is wrapped', async () => {
    const error = await failure(database.query('select 1 / 0'))
    expect(error).toMatchObject({ code: 'database_error', exitCode: 1, message: 'division by zero' })
    expect(sqlState(new Error('outer', { cause: new Error('inner', { cause: error }) }))).toBe('22012')
    expect(serverError(new Error('no server'))).toBeUndefined()
    const cycle = new Error('a')
    cycle.cause = cycle
    expect(sqlState(cycle)).toBeUndefined()
  })

  test('a missing table points to the migrations, a missing right to the role', async () => {
    expect(await failure(database.query('select * from public.nothing'))).toMatchObject({
      code: 'database_schema',
      hint: expect.stringContaining('journeys migrate status'),
    })
    expect(await failure(database.query('create role nobody_at_all superuser'))).toMatchObject({
      code: 'database_permission',
    })
  })

  test('one that takes too long is cancelled by the server', async () => {
    const hasty = await connect(target.url, { statementTimeoutMs: 50 })
    expect(await failure(hasty.query('select pg_sleep(5)'))).toMatchObject({ code: 'database_timeout' })
    await hasty.end()
  })

  test('a name, whatever it is, comes back as it was', async () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 15 }).filter((text) => !text.includes('\0'))
    await fc.assert(
      fc.asyncProperty(name, async (text) => {
        // Postgres cuts names at 63 bytes.
        fc.pre(Buffer.byteLength(text) <= 63)
        expect((await database.query(`select 1 as ${sqlIdentifier(text)}`)).rows).toEqual([{ [text]: 1 }])
      }),
      { numRuns: 50 },
    )
    expect(sqlIdentifier('partitions', 'a"b')).toBe('"partitions"."a""b"')
  })
})

describe('transactions', () => {
  test('committed when the work returns, undone when it throws', async () => {
    await database.transaction((transaction) => transaction.query('insert into public.t values (1, 1)'))
    const error = await failure(
      database.transaction(async (transaction) => {
        await transaction.query('insert into public.t values (2, 2)')
        throw new JourneysError('changed_my_mind', 'changed my mind')
      }),
    )
    expect(error.code).toBe('changed_my_mind')
    expect(await rows()).toEqual([{ id: 1, x: 1 }])
  })

  test('an error that the work swallowed does not pass for a commit', async () => {
    const error = await failure(
      database.transaction(async (transaction) => {
        await transaction.query('insert into public.t values (3, 3)')
        await transaction.query('select 1 / 0').catch(() => undefined)
      }),
    )
    expect(error.code).toBe('transaction_aborted')
    expect(await rows()).toEqual([{ id: 1, x: 1 }])
  })

  test('in a read-only one the server refuses every change', async () => {
    for (const statement of [
      'insert into public.t values (4, 4)',
      'create table public.no (x int)',
      'truncate public.t',
    ]) {
      expect(sqlState(await failure(database.readOnly((transaction) => transaction.query(statement))))).toBe('25006')
    }
    expect(
      await database.readOnly(async (transaction) => (await transaction.query('select id from public.t')).rows),
    ).toEqual([{ id: 1 }])
  })

  test('of two that deadlock, the loser tries again and both get through', async () => {
    await database.query('insert into public.t values (10, 0), (11, 0)')
    let retries = 0
    const both = (first: number, second: number) =>
      retryTransient(
        () =>
          database.transaction(async (transaction) => {
            await transaction.query('update public.t set x = x + 1 where id = $1', [first])
            await transaction.query('select pg_sleep(0.1)')
            await transaction.query('update public.t set x = x + 1 where id = $1', [second])
          }),
        { onRetry: () => (retries += 1), firstPauseMs: 10 },
      )
    await Promise.all([both(10, 11), both(11, 10)])
    expect(retries).toBeGreaterThan(0)
    expect(await rows()).toContainEqual({ id: 10, x: 2 })
  })

  test('an error that another try cannot heal is not tried again, and the tries are bounded', async () => {
    let calls = 0
    const work = (text: string) => async () => {
      calls += 1
      return await database.query(text)
    }
    await failure(retryTransient(work('select 1 / 0')))
    expect(calls).toBe(1)
    calls = 0
    const deadlock = "do $$ begin raise exception 'again' using errcode = '40P01'; end $$"
    await failure(retryTransient(work(deadlock), { attempts: 3, firstPauseMs: 1 }))
    expect(calls).toBe(3)
  })
})

describe('a connection of one’s own', () => {
  test.each(['aws-0-eu-central-1.pooler.supabase.com', 'db.abcdefghijklmnopqrst.supabase.co'])(
    'is not to be had of %s in transaction mode, and what to write instead is said',
    (host) => {
      const at = (port: number) => () =>
        requireSessions(parseDatabaseUrl(`postgres://u:secret@${host}:${port}/postgres`))
      expect(at(5432)).not.toThrow()
      expect(at(6543)).toThrow(
        expect.objectContaining({ code: 'session_needed', exitCode: 2, hint: expect.stringContaining('5432') }),
      )
      expect(at(6543)).not.toThrow(/secret/)
    },
  )

  const isFree = async () => {
    const { rows } = await database.query<{ free: boolean }>(
      'select pg_try_advisory_lock(7) as free, pg_advisory_unlock(7)',
    )
    return rows[0]?.free
  }

  test('what it sets and locks holds from statement to statement, and is gone with it', async () => {
    await database.session(async (session) => {
      await session.query('select pg_advisory_lock(7)')
      await session.query(`set lock_timeout = '40ms'`)
      await session.transaction((transaction) => transaction.query('select 1'))
      expect((await session.query('show lock_timeout')).rows).toEqual([{ lock_timeout: '40ms' }])
      expect(await isFree()).toBe(false)
    })
    await expect.poll(isFree).toBe(true)
    expect((await database.query('show lock_timeout')).rows).toEqual([{ lock_timeout: '0' }])
  })

  test('takes a statement that refuses a transaction, and undoes a transaction of its own that fails', async () => {
    await database.session(async (session) => {
      await session.query('create table public.alone (x int)')
      await session.query('vacuum public.alone')
      await failure(
        session.transaction(async (transaction) => {
          await transaction.query('insert into public.alone values (1)')
          await transaction.query('select 1 / 0')
        }),
      )
      expect((await session.query('select from public.alone')).rowCount).toBe(0)
    })
  })

  test('lost to the server, it is an error with its SQLSTATE', async () => {
    const lost = await failure(
      database.session((session) => session.query('select pg_terminate_backend(pg_backend_pid())')),
    )
    expect(sqlState(lost)).toBe('57P01')
  })
})
