import type { Queryable } from '../database/connection.ts'
import { sqlIdentifier } from '../database/identifier.ts'
import type { Held } from './erasure/held-tables.ts'
import type { BucketPlan, Obstacle } from './plan.ts'
import { countEach, type RowCount } from './rows/count-rows.ts'
import { countRowsOfOthers } from './rows/others.ts'
import type { OpenTable, PersonTables } from './rows/person-table.ts'
import type { RowOwner } from './rows/row-owner.ts'

/** What was found out for a plan. */
interface Findings extends PersonTables {
  owner: RowOwner
  held: Held
  counts: readonly RowCount[]
  storage: readonly BucketPlan[]
  context: { storage?: object }
}

/** Everything that keeps an erasure from being done, or from being done in full. Says nothing about the person: it is kept in the ledger. */
export async function readObstacles(queryable: Queryable, findings: Findings): Promise<Obstacle[]> {
  return [
    ...holds(findings.held),
    ...(await restrictions(queryable, findings.owner)),
    ...(await undecided(queryable, findings)),
    ...permissions(findings),
    ...(await others(queryable, findings)),
    ...files(findings),
  ]
}

function holds({ everything, tables, holds }: Held): Obstacle[] {
  if (holds.length === 0) return []
  const they = holds.length === 1 ? 'A legal hold keeps' : `${holds.length} legal holds keep`
  const what = 'journeys gdpr hold list says who placed it and when it is to be looked at again'
  if (everything) return [{ kind: 'hold', blocks: true, summary: `${they} everything of this person`, do: what }]
  return [
    {
      kind: 'hold',
      blocks: false,
      summary: `${they} ${tables.join(', ')}: these rows and the account stay, and the erasure ends as partial`,
      do: what,
      tables: [...tables],
    },
  ]
}

async function restrictions(queryable: Queryable, { id }: RowOwner): Promise<Obstacle[]> {
  const { rows } = await queryable.query<{ kind: string; erasure: string | null }>(
    `select 'erasure' as kind, l.id as erasure from private.erasure_ledger l where l.user_id = $1::uuid and l.state <> 'done'
     union all
     select r.kind, null from private.processing_restrictions r where r.user_id = $1::uuid
     order by 2`,
    [id],
  )
  return rows.flatMap(({ kind, erasure }): Obstacle[] => {
    if (kind === 'restriction') {
      return [
        {
          kind,
          blocks: true,
          summary:
            'The processing of the data is restricted: this person opposes that it is erased (Art. 18(1)(b) GDPR)',
          do: 'when they no longer do: journeys gdpr unrestrict, then plan again',
        },
      ]
    }
    if (erasure === null) return []
    return [
      {
        kind: 'erasure',
        blocks: true,
        summary: `The erasure ${erasure} of this person has begun and is not done`,
        do: `go on with it: journeys gdpr anonymize ${erasure}`,
      },
    ]
  })
}

async function undecided(queryable: Queryable, { open, owner }: Findings): Promise<Obstacle[]> {
  const rows = await countOpen(
    queryable,
    open.filter(({ table }) => table.mayRead),
    owner,
  )
  const hint = 'journeys gdpr coverage says what to write into the map'
  return rows.flatMap(({ table: { kind, table, columns }, rows }): Obstacle[] => {
    if (rows === 0) return []
    const found = rows === 1 ? '1 row' : `${rows} rows`
    const summary = {
      undecided: `${table.table}: nobody has decided what becomes of ${columns.join(', ')}, in ${found}`,
      'no way': `${table.table}: the map wants something done to its rows, and no column says whose they are`,
      'no end': `${table.table}: nothing in a row would tell that it was treated, in ${found}`,
    }[kind]
    return [{ kind: 'undecided', blocks: true, summary, do: hint, tables: [table.table] }]
  })
}

/** Rows of the person; where nothing says whose a row is: whether there is any. */
async function countOpen(
  queryable: Queryable,
  open: readonly OpenTable[],
  owner: RowOwner,
): Promise<{ table: OpenTable; rows: number }[]> {
  const counted = await countEach(
    queryable,
    open.map(({ table }) => table),
    owner,
  )
  const answers = []
  for (const [index, table] of open.entries()) {
    const rows = table.kind === 'no way' ? await countAny(queryable, table) : (counted[index]?.rows ?? 0)
    answers.push({ table, rows })
  }
  return answers
}

async function countAny(queryable: Queryable, { table: { schema, name } }: OpenTable): Promise<number> {
  const { rows } = await queryable.query<{ found: boolean }>(
    `select exists (select from ${sqlIdentifier(schema, name)}) as found`,
  )
  return rows[0]?.found === true ? 1 : 0
}

function permissions({ tables, open, counts }: Findings): Obstacle[] {
  const all = [...tables, ...open.map(({ table }) => table)]
  const unread = all.filter(({ mayRead }) => !mayRead).map(({ table }) => table)
  const untreated = counts.filter(({ table, rows }) => !table.mayTreat && rows > 0).map(({ table }) => table.table)
  const hint = 'use the role postgres in DATABASE_URL, or let the owner of the table grant it the right'
  return [
    ...(unread.length === 0
      ? []
      : [
          {
            kind: 'permission' as const,
            blocks: true,
            summary: `This database role may not read ${unread.join(', ')}`,
            do: hint,
            tables: unread,
          },
        ]),
    ...(untreated.length === 0
      ? []
      : [
          {
            kind: 'permission' as const,
            blocks: true,
            summary: `This database role may not change the rows of ${untreated.join(', ')}`,
            do: hint,
            tables: untreated,
          },
        ]),
  ]
}

async function others(queryable: Queryable, findings: Findings): Promise<Obstacle[]> {
  const found = await countRowsOfOthers(queryable, findings, findings.owner)
  return found.map(({ table, parent, rows, goes }): Obstacle => {
    const which = rows === 1 ? '1 row of somebody else refers' : `${rows} rows of others refer`
    return {
      kind: 'others',
      blocks: !goes,
      summary: goes
        ? `${table}: ${which} to rows of ${parent} that are erased, and the database deletes them, too`
        : `${table}: ${which} to rows of ${parent} that are to go, and the database refuses that`,
      do: goes
        ? 'if that is not wanted: let the foreign key set them to null, in a migration'
        : 'decide in a migration what becomes of them: on delete cascade, or set null',
      tables: [table],
    }
  })
}

function files({ storage, held, context }: Findings): Obstacle[] {
  const objects = storage.reduce((sum, bucket) => sum + bucket.objects, 0)
  if (objects === 0 || context.storage !== undefined || held.everything || held.tables.includes('storage.objects')) {
    return []
  }
  return [
    {
      kind: 'storage',
      blocks: true,
      summary: `${objects === 1 ? '1 file has' : `${objects} files have`} to be removed through the Storage API, and there is no key for it`,
      do: 'put SUPABASE_SERVICE_ROLE_KEY into the environment, or into the .env file of this one',
      tables: ['storage.objects'],
    },
  ]
}
