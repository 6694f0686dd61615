import { randomBytes, randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { connect, defaultConfig, eraseUser, type GdprContext, gdprKeyOf, planErasure } from '@journeys/core/ops'
import { generateKeys, parseSettings } from '@journeys/stack'
import { startGateway } from '../packages/stack/src/gateway/index.ts'
import { type AgedJournal, withAgedJournal, withClient } from './aged-journal.ts'
import { personId, prolific } from './aged-people.ts'
import type { Result } from './measurement.ts'
import { whileProbing } from './probe.ts'
import type { Waits } from './prober.ts'
import type { BenchContext } from './run.ts'
import { timeTransactions } from './timed-transactions.ts'

const files = 20
const millisecondsAllowed = 2000
const lockAllowed = 100
/** After these nothing of the person is left; what follows looks whether that is so, and signs it. */
const proving = new Set(['verify', 'receipt', 'file'])

/** Erasing somebody with 5,000 entries out of ten million, while others read and write. */
export async function erasure(context: BenchContext): Promise<Result[]> {
  return withAgedJournal(context, async (journal) => {
    const gateway = await startStorage(journal, join(context.folder, 'aged', 'storage'))
    const plain = await connect(journal.url, { statementTimeoutMs: 0 })
    const timed = timeTransactions(plain)
    try {
      const id = await prolificId(journal)
      await uploadFiles(gateway, id)
      const key = gdprKeyOf(randomBytes(32).toString('base64url'))
      const gdpr: GdprContext = {
        database: timed.database,
        keys: { current: key, all: [key] },
        config: defaultConfig(),
        environment: { name: 'bench' },
        storage: { url: gateway.url, serviceRoleKey: gateway.serviceRoleKey },
        actor: 'bench',
        folder: join(context.folder, 'aged', 'receipts'),
      }
      const plan = await planErasure(gdpr, prolific.email)
      timed.held.length = 0
      const { value, reader, writer, locks } = await whileProbing(journal, async () => {
        const begun = performance.now()
        const outcome = await eraseUser(gdpr, prolific.email, { plan: plan.id, keepStatistics: false })
        return { outcome, ms: performance.now() - begun }
      })
      const { outcome, ms } = value
      if (outcome.outcome !== 'done') throw new Error(`the erasure ended as ${outcome.outcome}`)
      const proved = outcome.steps
        .filter(({ step }) => proving.has(step))
        .reduce((sum, { durationMs }) => sum + durationMs, 0)
      const erased = ms - proved
      const longest = timed.held.reduce((one, other) => (other.ms > one.ms ? other : one))
      const verifying = timed.begun.get('verify') ?? Number.POSITIVE_INFINITY
      const rows = outcome.steps.reduce((sum, step) => sum + (step.rows ?? 0), 0)
      return [
        {
          name: `erasing ${rows} rows and ${files} files of one person / 2 s`,
          detail: `${erased.toFixed(0)} ms among ${journal.entries} entries; then ${(proved / 1000).toFixed(1)} s to search the whole database and sign`,
          ratio: erased / millisecondsAllowed,
          goal: { atMost: 1 },
        },
        {
          name: 'erasing: longest that a lock was held / 100 ms',
          detail: `${longest.ms.toFixed(0)} ms in step ${longest.step}, of ${timed.held.length} transactions; seen from outside, with Storage's, ${locks.longest.toFixed(0)} ms`,
          ratio: Math.max(longest.ms, locks.longest) / lockAllowed,
          goal: { atMost: 1 },
        },
        waited('reader', reader, verifying),
        waited('writer', writer, verifying),
      ]
    } finally {
      timed.end()
      await plain.end()
      await gateway.stop()
    }
  })
}

function prolificId({ superuserUrl }: AgedJournal): Promise<string> {
  return withClient(superuserUrl, async (client) => {
    const { rows } = await client.query<{ id: string }>(`select ${personId('$1::text')} as id`, [prolific.number])
    if (rows[0] === undefined) throw new Error('nobody')
    return rows[0].id
  })
}

/** Until the last row is gone, and then while everything is read. */
function waited(who: string, waits: Waits, verifying: number): Result {
  const longest = (some: Waits['each']) => Math.max(0, ...some.map(({ ms }) => ms))
  const erasing = longest(waits.each.filter(({ at }) => at < verifying))
  const searching = longest(waits.each.filter(({ at }) => at >= verifying))
  return {
    name: `erasing: longest wait of a ${who} / ${lockAllowed} ms`,
    detail: `${erasing.toFixed(1)} ms; then, while the database is searched, ${searching.toFixed(1)} ms; of ${waits.turns} turns, p99 ${waits.p99.toFixed(1)} ms`,
    ratio: erasing / lockAllowed,
    goal: { atMost: 1 },
  }
}

interface Storage {
  url: string
  serviceRoleKey: string
  stop(): Promise<void>
}

/** The gateway alone: nothing here asks PostgREST. */
async function startStorage({ server, passwords }: AgedJournal, folder: string): Promise<Storage> {
  await mkdir(folder, { recursive: true })
  const keys = generateKeys()
  const settings = parseSettings('')
  const gateway = await startGateway({
    host: '127.0.0.1',
    port: 0,
    postgrestUrl: 'http://127.0.0.1:9',
    authDatabaseUrl: server.url('supabase_auth_admin', passwords.supabase_auth_admin),
    keys,
    auth: settings.auth,
    storage: {
      folder,
      databaseUrl: server.url('supabase_storage_admin', passwords.supabase_storage_admin),
      fileSizeLimit: settings.storage.file_size_limit,
    },
  })
  return { url: gateway.url, serviceRoleKey: keys.serviceRoleKey, stop: () => gateway.stop() }
}

async function uploadFiles({ url, serviceRoleKey }: Storage, id: string): Promise<void> {
  for (let file = 0; file < files; file++) {
    const response = await fetch(`${url}/storage/v1/object/entry-media/${id}/${randomUUID()}/${randomUUID()}.png`, {
      method: 'POST',
      headers: { apikey: serviceRoleKey, authorization: `Bearer ${serviceRoleKey}`, 'content-type': 'image/png' },
      body: randomBytes(20_000),
    })
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  }
}
