// A process of its own, forked by probe.ts: does one thing over and over and measures how long each turn waited. Nothing that the
// bench does can delay it but through the database (and the machine's two cores).
import pg from 'pg'
import { people, personId } from './aged-people.ts'

/** `locks` looks from outside at how long others' transactions last. */
export type ProbeKind = 'reader' | 'writer' | 'locks'

export interface ProbeOrder {
  kind: ProbeKind
  /** Connection as `authenticator`; of `locks` as the superuser. */
  url: string
}

/** Milliseconds. */
export interface Waits {
  turns: number
  median: number
  p99: number
  longest: number
  /** With the moment at which each began, in milliseconds since 1970. */
  each: { at: number; ms: number }[]
}

/** One turn every so often: often enough to meet a wait of 50 ms ten times, seldom enough to leave the machine to the others. */
const PAUSE_MS = 4

type Work = (client: pg.Client) => Promise<unknown>

const newest = `select id, date, reflection, scores from public.journal_entries order by date desc, id desc limit 20`
const around = `select id, date, reflection, scores from public.journal_entries
  where date between current_date - $1::int and current_date - $1::int + 30 order by date desc, id desc limit 20`

/** What the app asks most, and every second time some month of the last four years, so that months about to go are met too. */
function read(turn: number): Work {
  return (client) =>
    turn % 2 === 0 ? client.query(newest) : client.query(around, [Math.floor(Math.random() * 4 * 365)])
}

const write: Work = (client) =>
  client.query(
    `insert into public.journal_entries (reflection, scores) values ('Written while others tidy up.', '{"mood": 6}')`,
  )

/** What PostgREST does for one request, by somebody who is not being erased. */
async function asSomebody(client: pg.Client, method: 'GET' | 'POST', work: Work): Promise<void> {
  const n = 1 + Math.floor(Math.random() * (people - 1))
  await client.query('begin')
  await client.query(
    `select set_config('role', 'authenticated', true), set_config('request.method', $2, true),
       set_config('request.jwt.claims', jsonb_build_object('role', 'authenticated', 'sub', ${personId('$1::text')})::text, true)`,
    [n, method],
  )
  await client.query('select private.before_request()')
  await work(client)
  await client.query('commit')
}

/** How long the oldest transaction has been open that has written something, and so holds row locks: of anybody but the probes. */
const oldestWriting = `select coalesce(extract(epoch from max(clock_timestamp() - xact_start)) * 1000, 0)::float8 as ms
  from pg_stat_activity where backend_xid is not null and usename <> 'authenticator' and backend_type = 'client backend'
    -- Its transactions are many, and all count from the beginning of the statement; it locks no row.
    and query not like 'analyze %'`

async function look(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ ms: number }>(oldestWriting)
  return rows[0]?.ms ?? 0
}

let stopping = false

process.on('message', async (message: ProbeOrder | 'stop') => {
  if (message === 'stop') {
    stopping = true
    return
  }
  const { kind, url } = message
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const all: Waits['each'] = []
  // The first turns warm up the plans and the code.
  for (let turn = -20; !stopping; turn++) {
    const start = performance.now()
    let seen: number | undefined
    if (kind === 'locks') seen = await look(client)
    else if (kind === 'reader') await asSomebody(client, 'GET', read(turn))
    else await asSomebody(client, 'POST', write)
    const ms = seen ?? performance.now() - start
    if (turn >= 0) all.push({ at: Date.now() - ms, ms })
    if (turn === 0) process.send?.('ready')
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
  await client.end()
  const waits = all.map(({ ms }) => ms).sort((a, b) => a - b)
  const at = (share: number) => waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? 0
  const result: Waits = { turns: waits.length, median: at(0.5), p99: at(0.99), longest: at(1), each: all }
  process.send?.(result, () => process.disconnect())
})
