import { randomBytes } from 'node:crypto'
import { connect, type Database, type Environment } from '@journeys/core/ops'
import { journalText } from '../scenarios/journal-text.ts'
import { mintedTokens, type TokenSubject } from './access-token.ts'
import { banInterval, banRun } from './ban.ts'
import makeUsersSql from './make-users.sql'
import markedRunsSql from './marked-runs.sql'
import { removeUsers } from './remove-users.ts'
import { signInAll } from './sign-in.ts'
import type { TestUsers } from './test-users.ts'
import { whenReachable } from './when-reachable.ts'

/** What a user has written before the run, so that reading the last 20 entries reads 20. */
const historyEntries = 20
/** The pool closes a connection that is idle for 10 s, and with it the lock that says this run is alive. */
const keepAliveMs = 4_000

/** Users made and removed in the database itself: a thousand in a second. */
export async function databaseUsers(environment: Environment, databaseUrl: string): Promise<TestUsers> {
  // One connection, so that the run's advisory lock stays in one session.
  const database = await connect(databaseUrl, {
    applicationName: 'journeys loadtest',
    maxConnections: 1,
    statementTimeoutMs: 120_000,
  })
  let keepAlive: NodeJS.Timeout | undefined
  const stayAlive = (run: string) => {
    keepAlive = setInterval(() => void holdRun(database, run).catch(() => undefined), keepAliveMs)
    keepAlive.unref()
  }
  return {
    how: 'database',

    async removeLeftovers() {
      const { rows } = await database.query<{ run: string; users: number }>(markedRunsSql)
      let removed = 0
      for (const { run } of rows) {
        // A run that is alive, here or on another machine, holds its lock.
        if (!(await holdRun(database, run))) continue
        removed += (await removeUsers(database, run)).removed
        await database.query('select pg_advisory_unlock_all()')
      }
      return removed
    },

    async make(options) {
      await holdRun(database, options.run)
      stayAlive(options.run)
      const { run, count, keep } = options
      // Where tokens are minted nobody needs a password: the users never have one, and are banned from the start.
      const password = environment.jwtSecret === undefined ? randomBytes(32).toString('base64url') : undefined
      const texts = Array.from({ length: 60 }, () => journalText())
      const { rows: users } = await database.query<TokenSubject>(makeUsersSql, [
        run,
        count,
        password ?? null,
        keep,
        historyEntries,
        texts,
        password === undefined ? banInterval : null,
      ])
      options.onProgress?.({ made: users.length, of: count })
      if (password === undefined) return mintedTokens(environment, users, options)
      const signedIn = await signInAll(environment, users, password, options)
      await banRun(database, run)
      return signedIn
    },

    remove: (run) => whenReachable(() => removeUsers(database, run)),

    async close() {
      clearInterval(keepAlive)
      await database.end()
    },
  }
}

/** Takes the lock that says "this run is alive", until the connection ends. @returns whether it could */
async function holdRun(database: Database, run: string): Promise<boolean> {
  const { rows } = await database.query<{ held: boolean }>(
    `select pg_try_advisory_lock(hashtextextended('journeys loadtest ' || $1, 0)) as held`,
    [run],
  )
  return rows[0]?.held === true
}
