import pg from 'pg'
import { people, personId, prolific } from './aged-people.ts'

interface Month {
  name: string
  /** First day, first day of the next month, and the days of it that have entries, as ISO dates; `last` is exclusive. */
  lower: string
  upper: string
  first: string
  last: string
  days: number
}

/**
 * Fills the journal with entries for every day of the last four years, month by month on two connections. Each partition is made as
 * `private.ensure_partitions` makes it, but filled and indexed before it is attached.
 * @returns how many there are
 */
export async function fillMonths(superuserUrl: string, entries: number): Promise<number> {
  const clients = await Promise.all([openClient(superuserUrl), openClient(superuserUrl)])
  try {
    const [client] = clients
    // The empty ones of the migrations give way; those ahead are made again at the end.
    await client.query(`do $$ declare name text; begin
      for name in select partition_name from private.journal_partitions() loop
        execute format('drop table partitions.%I', name);
      end loop;
    end $$`)
    const { rows: months } = await client.query<Month>(
      `select 'journal_entries_' || to_char(m, 'YYYY_MM') as name, m::date::text as lower,
         (m + interval '1 month')::date::text as upper, greatest(m::date, begun.day)::text as first,
         least((m + interval '1 month')::date, current_date + 1)::text as last,
         least((m + interval '1 month')::date, current_date + 1) - greatest(m::date, begun.day) as days
       from (select (current_date - interval '4 years')::date as day) begun,
         generate_series(date_trunc('month', begun.day), current_date, interval '1 month') m
       order by m`,
    )
    const days = months.reduce((sum, month) => sum + month.days, 0)
    const waiting = [...months]
    const made = await Promise.all(
      clients.map(async (own) => {
        let rows = 0
        for (let month = waiting.shift(); month !== undefined; month = waiting.shift()) {
          rows += await fillMonth(own, month, entries / days, prolific.entries / days)
        }
        return rows
      }),
    )
    await client.query(
      'set session_replication_role = default; select private.ensure_partitions(); analyze public.journal_entries',
    )
    return made.reduce((sum, rows) => sum + rows, 0)
  } finally {
    await Promise.all(clients.map((client) => client.end()))
  }
}

async function openClient(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('set session_replication_role = replica')
  return client
}

async function fillMonth(client: pg.Client, month: Month, perDay: number, prolificPerDay: number): Promise<number> {
  const table = `partitions.${client.escapeIdentifier(month.name)}`
  await client.query('begin')
  await client.query(
    `create table ${table} (like public.journal_entries including defaults including constraints including storage)`,
  )
  await client.query(`alter table ${table} enable row level security`)
  await client.query(`revoke all on table ${table} from public, anon, authenticated, service_role`)
  await client.query(`alter table ${table} owner to postgres`)
  const ordinary = await client.query(
    `insert into ${table} (user_id, date, reflection, scores, created_at, updated_at)
     select ${personId(`(1 + random() * ${people - 2})::int`)}, at::date, ${sentence()} || ' ' || ${sentence()}, ${scores}, at, at
     from (
       select $1::date + (n % $2::int) + make_interval(secs => random() * 86399) as at from generate_series(1, $3::int) n
     ) moments`,
    [month.first, month.days, Math.round(perDay * month.days)],
  )
  // Eight words out of 64: nobody else wrote these.
  const words = Array.from({ length: 8 }, (_, n) => `($4::text[])[1 + (get_byte(hash, ${n}) & 63)]`).join(` || ' ' || `)
  const own = await client.query(
    `insert into ${table} (user_id, date, reflection, scores, created_at, updated_at)
     select ${personId(prolific.number)}, at::date, 'Today I thought of ' || ${words} || '.', ${scores}, at, at
     from (
       select $1::date + (n % $2::int) + make_interval(secs => random() * 86399) as at, decode(md5($1 || ' ' || n), 'hex') as hash
       from generate_series(1, $3::int) n
     ) moments`,
    [month.first, month.days, Math.round(prolificPerDay * month.days), vocabulary],
  )
  await client.query(`alter table ${table} add primary key (id, date)`)
  await client.query(`create index on ${table} (user_id, date desc, id desc)`)
  await client.query(
    `alter table public.journal_entries attach partition ${table}
     for values from (${client.escapeLiteral(month.lower)}) to (${client.escapeLiteral(month.upper)})`,
  )
  await client.query('commit')
  // As a table that has been there for a while: visible to all, with what the planner wants to know.
  await client.query(`vacuum (analyze) ${table}`)
  return (ordinary.rowCount ?? 0) + (own.rowCount ?? 0)
}

/** SQL for one of some sentences of everyday length. */
function sentence(): string {
  const quoted = sentences.map((text) => `'${text}'`).join(', ')
  return `(array[${quoted}])[1 + (random() * ${sentences.length - 1})::int]`
}

const sentences = [
  'Slept badly and was short with everybody, but the evening walk along the canal helped more than I expected.',
  'A quiet day at work, nothing to write home about, and no craving worth the name until after dinner.',
  'Met my sister for lunch and told her about the plan; she asked the right questions and did not judge.',
  'The bus was late, it rained, I was hungry, and still I came home without stopping at the corner shop.',
  'Called the helpline for ten minutes because the afternoon was hard, and then it was not so hard any more.',
  'Cooked for three, washed up, read two chapters, lights out before eleven for the first time this week.',
]

/** SQL for the scores of an entry. */
const scores = `(array[${Array.from({ length: 11 }, (_, mood) => `'{"mood": ${mood}, "craving": ${10 - mood}}'::jsonb`).join(', ')}])[1 + (random() * 10)::int]`

const vocabulary =
  'amber anchor apricot ashtray attic badger bakery balcony barley basil beacon birch blanket bonfire bramble brass bucket candle canyon carpet cedar chalk cherry cinder clover cobalt copper coral cotton cradle cricket dagger daisy dune ember falcon fennel ferry fiddle flannel garnet ginger granite gravel hammock harbour hazel heron hinge ivory jasmine kettle ladder lantern lichen linen magpie marble meadow mitten nettle oyster pebble thimble'.split(
    ' ',
  )
