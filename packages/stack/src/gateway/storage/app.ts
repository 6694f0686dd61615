import pg from 'pg'
import { type Exchange, reply } from '../exchange.ts'
import { type Caller, callerCheck } from './caller.ts'
import type { StorageContext } from './context.ts'
import { openStorageDatabase } from './database.ts'
import { refusal, StorageError } from './error.ts'
import { openFileStore } from './file-store.ts'
import { requireBucketName } from './object-name.ts'
import { Gone } from './request-body.ts'
import { matchRoute, type RouteMatch } from './route.ts'
import { sweep } from './sweep.ts'
import { urlSigner } from './url-signature.ts'

export interface StorageOptions {
  /** Where the files are. */
  folder: string
  /** Connection as the role `supabase_storage_admin`. */
  databaseUrl: string
  /** Bytes that no file may have more of. @defaultValue 50 MiB, as a new Supabase project */
  fileSizeLimit?: number | undefined
}

export interface Storage {
  /** True for what needs no key: a public object, or a URL that carries its own token. */
  standsAlone(exchange: Exchange): boolean
  /** Answers a request under `/storage/v1`. */
  handle(exchange: Exchange): void
  /** Resolves when files without a row, left by a process that was killed, are gone; how many there were. */
  swept: Promise<number>
  close(): Promise<void>
}

/** Where Storage lives, as on Supabase. */
export const STORAGE_PATH = '/storage/v1'

const FILE_SIZE_LIMIT = 50 * 1024 * 1024
const SWEEP_EVERY_MS = 3600_000
/** Far longer than a row can be on its way to its file: a statement is given 10 s. */
const SETTLED_MS = 600_000

/** The part of Supabase Storage's API that the app uses, over the same tables; row-level security decides. */
export function createStorage(options: StorageOptions & { jwtSecret: string }): Storage {
  const database = openStorageDatabase(options.databaseUrl)
  const files = openFileStore(options.folder)
  const context: StorageContext = {
    database,
    files,
    signer: urlSigner(options.jwtSecret),
    fileSizeLimit: options.fileSizeLimit ?? FILE_SIZE_LIMIT,
  }
  const checkCaller = callerCheck(options.jwtSecret)

  // One stack at a time has this folder, so whatever is older than this process is of one that ended. Hourly, for removals that failed.
  // The clock that files are stamped with is some milliseconds behind.
  const started = Date.now() - 10
  // A database that is not there yet, or a disk that fails, is no reason not to start: the next sweep finds the same.
  const swept = files
    .removePartial()
    .then(() => sweep({ database, files, before: started }))
    .catch(() => 0)
  const again = setInterval(() => {
    void sweep({ database, files, before: Date.now() - SETTLED_MS }).catch(() => 0)
  }, SWEEP_EVERY_MS).unref()

  async function answer(exchange: Exchange): Promise<void> {
    const match = matchOf(exchange)
    if (match === undefined) {
      throw refusal.notFound(`${exchange.request.method} ${exchange.target.path.slice(STORAGE_PATH.length)}`)
    }
    const caller = await admit(exchange, match)
    if (match.bucket !== '') requireBucketName(match.bucket)
    const { operation, bucket, name } = match
    const query = new URLSearchParams(exchange.target.query)
    const body = await match.action(context, { exchange, caller, operation, bucket, name, query })
    if (body !== undefined) reply(exchange, 200, body)
  }

  async function admit(exchange: Exchange, { admission }: RouteMatch): Promise<Caller | undefined> {
    if (admission === 'bearer of the URL') return undefined
    return await checkCaller(exchange).catch((error: unknown) => {
      if (admission === 'anybody') return undefined
      throw error
    })
  }

  return {
    standsAlone: (exchange) => matchOf(exchange)?.admission === 'bearer of the URL',
    handle: (exchange) => {
      answer(exchange).catch((error: unknown) => refuse(exchange, error))
    },
    swept,
    close: async () => {
      clearInterval(again)
      await database.end()
    },
  }
}

function matchOf({ request, target }: Exchange) {
  return matchRoute(request.method ?? 'GET', target.path.slice(STORAGE_PATH.length))
}

function refuse(exchange: Exchange, error: unknown) {
  if (error instanceof Gone || exchange.response.destroyed) return
  if (!(error instanceof StorageError)) {
    exchange.error = faultName(error)
    const { body, status } = internal.reply()
    return reply(exchange, status, body)
  }
  if (error.cause instanceof Error) exchange.error = faultName(error.cause)
  const { body, status } = error.reply()
  reply(exchange, status, body, ['Cache-Control', 'no-store'])
}

const internal = new StorageError(500, 'InternalError', 'Internal', 'Internal Server Error')

// Postgres's messages quote values, and those of the file system paths.
function faultName(error: unknown) {
  if (error instanceof pg.DatabaseError) return `postgres ${error.code ?? 'error'} ${error.constraint ?? ''}`.trim()
  if (!(error instanceof Error)) return 'unknown'
  const { code } = error as NodeJS.ErrnoException
  return typeof code === 'string' ? code : error.name
}
