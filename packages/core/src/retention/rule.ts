import type { BuiltInRuleName } from '../config/retention.ts'
import type { Config } from '../config/schema.ts'
import type { Queryable } from '../database/connection.ts'
import { serverError } from '../database/database-error.ts'
import { ExitCode, JourneysError } from '../errors.ts'

/**
 * How a rule's rows go: `months` whole partitions of the journal and the rest by rows, `rows` in batches, `load-test-users` accounts
 * that carry the mark of a load test, with everything they wrote.
 */
export type RetentionMethod = 'months' | 'rows' | 'load-test-users'

/** A row of private.retention_rules. */
export interface RetentionRule {
  name: string
  /** schema.table */
  target: string
  method: RetentionMethod
  /** What tells a row's age: the first that is set. */
  columns: string[]
  /** The column that leads to the person, whose rows a legal hold keeps. */
  subject: string | null
  /** `2 years`; null: switched off. */
  keep: string | null
  position: number
}

const builtIn: Record<BuiltInRuleName, Pick<RetentionRule, 'target' | 'method' | 'columns' | 'subject'>> = {
  entries: { target: 'public.journal_entries', method: 'months', columns: ['date'], subject: 'user_id' },
  metrics: { target: 'public.performance_metrics', method: 'rows', columns: ['recorded_at'], subject: 'user_id' },
  'audit-log': { target: 'private.audit_log', method: 'rows', columns: ['at'], subject: 'subject_hash' },
  // GoTrue sets the first of them only when a session is used again.
  sessions: {
    target: 'auth.sessions',
    method: 'rows',
    columns: ['refreshed_at', 'updated_at', 'created_at'],
    subject: 'user_id',
  },
  'rate-limits': { target: 'private.rate_limits', method: 'rows', columns: ['window_start'], subject: 'user_id' },
  'load-test-leftovers': { target: 'auth.users', method: 'load-test-users', columns: ['created_at'], subject: 'id' },
  'run-records': { target: 'private.retention_runs', method: 'rows', columns: ['finished_at'], subject: null },
}

/** How long the rows of a table are kept at most, by table, for whom that is told: `public.journal_entries` → `2 years`. */
export function longestKept({ rules }: Config['retention']): Map<string, string> {
  const periods = new Map<string, string>()
  for (const [name, written] of Object.entries(rules)) {
    if (written === null || name === 'load-test-leftovers') continue
    if (typeof written !== 'string') periods.set(written.table, written.keep)
    else if (Object.hasOwn(builtIn, name)) periods.set(builtIn[name as BuiltInRuleName].target, written)
  }
  return periods
}

const firstOwnPosition = 100

/**
 * The rules of the configuration as the database takes them, in the order in which they run. Each is tried out there.
 * @throws JourneysError `retention_rule_invalid` (exit 2): a table or column is not there, or tells no time
 */
export async function resolveRules(queryable: Queryable, config: Config['retention']): Promise<RetentionRule[]> {
  const rules: RetentionRule[] = []
  let own = firstOwnPosition
  for (const [name, written] of Object.entries(config.rules)) {
    if (Object.hasOwn(builtIn, name)) {
      const position = Object.keys(builtIn).indexOf(name) + 1
      rules.push({ name, ...builtIn[name as BuiltInRuleName], keep: written as string | null, position })
    } else if (written !== null && typeof written === 'object') {
      const { table: target, column, keep, person } = written
      const subject = person ?? (await personColumn(queryable, target))
      const columns = [column].flat()
      rules.push({ name, target, method: 'rows', columns, subject, keep, position: own++ })
    }
  }
  for (const rule of rules) if (rule.keep !== null) await tryOut(queryable, rule)
  return rules.sort((a, b) => a.position - b.position)
}

/** The foreign key to an account, or else a column that is called so. */
async function personColumn(queryable: Queryable, target: string): Promise<string | null> {
  const { rows } = await queryable.query<{ name: string }>(
    `select a.attname as name
     from pg_catalog.pg_attribute a
     left join pg_catalog.pg_constraint c
       on c.conrelid = a.attrelid and c.contype = 'f' and c.confrelid = 'auth.users'::regclass and c.conkey = array[a.attnum]
     where a.attrelid = to_regclass($1) and a.attnum > 0 and not a.attisdropped
       and (c.oid is not null or a.attname = 'user_id')
     order by c.oid is null
     limit 1`,
    [target],
  )
  return rows[0]?.name ?? null
}

async function tryOut(queryable: Queryable, rule: RetentionRule): Promise<void> {
  const invalid = (detail: string, hint?: string) =>
    new JourneysError('retention_rule_invalid', `The retention rule ${rule.name} cannot be carried out`, {
      detail,
      hint: hint ?? `correct retention.rules.${rule.name} in journeys.config.json, then: journeys retention plan`,
      exitCode: ExitCode.usage,
    })
  const { rows } = await queryable.query<{ kind: string | null; method: string }>(
    'select (select c.relkind from pg_catalog.pg_class c where c.oid = to_regclass($1)) as kind',
    [rule.target],
  )
  const kind = rows[0]?.kind ?? null
  if (kind === null) throw invalid(`there is no table ${rule.target}`)
  if (kind !== 'r' && kind !== 'p') throw invalid(`${rule.target} is not a table`)
  try {
    await queryable.query(
      'select private.expired_condition(jsonb_populate_record(null::private.retention_rules, $1), $2)',
      [JSON.stringify(rule), rule.target],
    )
  } catch (error) {
    const server = serverError(error)
    if (server?.code !== '42703') throw error
    throw invalid(server.message)
  }
}

/** A rule whose period in the database was another one, or that was not there. Null: switched off. */
export interface RuleChange {
  name: string
  from: string | null
  to: string | null
}

/** What `private.retention_rules` says otherwise than the configuration. */
export async function compareRules(queryable: Queryable, rules: readonly RetentionRule[]): Promise<RuleChange[]> {
  const { rows } = await queryable.query<RuleChange>(
    `select coalesce(wanted.name, r.name) as name, r.keep::text as "from", wanted.keep::text as "to"
     from jsonb_populate_recordset(null::private.retention_rules, $1) wanted
     full join private.retention_rules r on r.name = wanted.name
     where (r.target, r.method, r.columns, r.subject, r.keep, r.position) is distinct from
       (wanted.target, wanted.method, wanted.columns, wanted.subject, wanted.keep, wanted.position)
     order by coalesce(wanted.position, r.position), 1`,
    [JSON.stringify(rules)],
  )
  return rows
}

/** Makes `private.retention_rules` and the two settings beside it what the configuration says. */
export async function writeRules(
  queryable: Queryable,
  rules: readonly RetentionRule[],
  { graceDays, monthsAhead }: Config['retention'],
): Promise<void> {
  await queryable.query('delete from private.retention_rules where not (name = any($1))', [
    rules.map(({ name }) => name),
  ])
  await queryable.query(
    `insert into private.retention_rules as r
     select * from jsonb_populate_recordset(null::private.retention_rules, $1)
     on conflict (name) do update set target = excluded.target, method = excluded.method, columns = excluded.columns,
       subject = excluded.subject, keep = excluded.keep, position = excluded.position`,
    [JSON.stringify(rules)],
  )
  await queryable.query(
    `insert into private.settings (name, value) values ('retention.grace_days', $1), ('retention.months_ahead', $2)
     on conflict (name) do update set value = excluded.value`,
    [String(graceDays), String(monthsAhead)],
  )
}
