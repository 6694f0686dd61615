import type { Config } from '../config/schema.ts'
import type { Database, Queryable } from '../database/connection.ts'
import { findOtherRun } from './lock.ts'
import { type Month, readExpiredMonths, readPendingMonth } from './month.ts'
import { compareRules, type RetentionMethod, type RetentionRule, type RuleChange, resolveRules } from './rule.ts'

/** What a rule would delete row by row; of the journal what is left after its whole months. */
export interface RulePlan {
  name: string
  /** schema.table */
  table: string
  method: RetentionMethod
  /** `2 years`; null: switched off. */
  keep: string | null
  /** What is older goes; null: nothing does. */
  edge: Date | null
  rows: number
  /** When the oldest of them is from. */
  oldest: Date | null
  /** Expired rows of people under a legal hold or a restriction: they stay. */
  held: number
}

export interface ForeignKeyTo {
  /** schema.table that refers */
  table: string
  constraint: string
}

/** A month of the journal that is wholly past the edge. */
export interface MonthPlan extends Omit<Month, 'oid'> {
  /** Of its newest entry, YYYY-MM-DD; null: it is empty. */
  newest: string | null
  rows: number
  /** With indexes. */
  bytes: number
  /** Its rows of people under a legal hold or a restriction. */
  held: number
  /** Foreign keys that refer to it: it cannot go while they refer to a row of it. */
  referredBy: ForeignKeyTo[]
}

export interface RetiredMonthPlan {
  name: string
  from: string | null
  to: string
  rows: number | null
  rowsEstimated: boolean
  bytes: number | null
  retiredAt: Date
  dropAfter: Date
  /** Its grace period is over. */
  due: boolean
  /** It holds rows of somebody who is held or restricted, and is not dropped. */
  held: boolean
}

export interface RetentionPlan {
  /** YYYY-MM-DD: the oldest day of the journal that is kept; null: the rule is switched off. */
  edge: string | null
  rules: RulePlan[]
  /** Judged by their real bounds, oldest first. */
  months: MonthPlan[]
  retired: RetiredMonthPlan[]
  /** First days of months without a partition that would be made. */
  missing: string[]
  /** What a run would change in `private.retention_rules`, because the configuration says otherwise. */
  rulesToChange: RuleChange[]
  /** A detach that began and did not end, whatever its bounds. */
  pending: { table: string; from: string | null; to: string } | null
  /** A run that was killed, and that the next one finishes. */
  unfinished: { run: number; startedAt: Date; step: string | null } | null
  /** Somebody runs it now. */
  running: { who: string; since: Date } | null
  /** When the last run that ended well did. */
  lastRun: Date | null
}

/**
 * What a run would remove, rule by rule and month by month, as the database is now: in one READ ONLY transaction, every row counted.
 * @throws JourneysError `retention_rule_invalid` (exit 2)
 */
export async function planRetention(database: Database, config: Config['retention']): Promise<RetentionPlan> {
  return await database.readOnly(async (transaction) => {
    // A large journal takes its time to count.
    await transaction.query('set local statement_timeout = 0')
    const rules = await resolveRules(transaction, config)
    const edges = await readEdges(transaction, rules)
    const edge = edges.get('entries')?.toISOString().slice(0, 10) ?? null
    const expired = await readExpiredMonths(transaction, edge)
    const pending = await readPendingMonth(transaction)
    const months: MonthPlan[] = []
    for (const month of expired) months.push(await planMonth(transaction, month))
    const rulePlans: RulePlan[] = []
    for (const rule of rules) rulePlans.push(await planRule(transaction, rule, edges.get(rule.name) ?? null, expired))
    return {
      edge,
      rules: rulePlans,
      months,
      retired: await readRetired(transaction),
      missing: await readMissing(transaction, config.monthsAhead, edge),
      rulesToChange: await compareRules(transaction, rules),
      pending: pending === undefined ? null : { table: pending.table, from: pending.from, to: pending.to },
      ...(await readRuns(transaction)),
    }
  })
}

async function readEdges(queryable: Queryable, rules: readonly RetentionRule[]): Promise<Map<string, Date>> {
  const { rows } = await queryable.query<{ name: string; edge: Date }>(
    `select r.name, private.rule_edge(r) as edge from jsonb_populate_recordset(null::private.retention_rules, $1) r
     where r.keep is not null`,
    [JSON.stringify(rules)],
  )
  return new Map(rows.map(({ name, edge }) => [name, edge]))
}

async function planMonth(queryable: Queryable, { oid, ...month }: Month): Promise<MonthPlan> {
  const { rows } = await queryable.query<Pick<MonthPlan, 'newest' | 'rows' | 'bytes' | 'held'>>(
    `select count(*) as rows, max(date) as newest, pg_catalog.pg_total_relation_size($1::oid::regclass) as bytes,
            count(*) filter (where user_id in (select id from private.held_people('public.journal_entries') held (id))) as held
     from ${month.table}`,
    [oid],
  )
  const referring = await queryable.query<ForeignKeyTo>(
    `select distinct format('%I.%I', n.nspname, r.relname) as "table", c.conname as "constraint"
     from pg_catalog.pg_constraint c
     join pg_catalog.pg_class r on r.oid = c.conrelid
     join pg_catalog.pg_namespace n on n.oid = r.relnamespace
     where c.contype = 'f' and c.conparentid = 0 and c.confrelid in ($1::oid, 'public.journal_entries'::regclass)
     order by 1, 2`,
    [oid],
  )
  const counted = rows[0] ?? { newest: null, rows: 0, bytes: 0, held: 0 }
  return { ...month, ...counted, referredBy: referring.rows }
}

async function planRule(
  queryable: Queryable,
  rule: RetentionRule,
  edge: Date | null,
  expired: readonly Month[],
): Promise<RulePlan> {
  const plan: RulePlan = {
    name: rule.name,
    table: rule.target,
    method: rule.method,
    keep: rule.keep,
    edge,
    rows: 0,
    oldest: null,
    held: 0,
  }
  if (edge === null) return plan
  const given = [JSON.stringify(rule), edge]
  const populated = 'jsonb_populate_record(null::private.retention_rules, $1)'
  const { rows: tables } = await queryable.query<{ oid: number; table: string; expired: string; all: string }>(
    `select t.relation::oid as oid, t.relation::text as "table",
            private.expired_condition(${populated}, t.relation) as expired,
            private.expired_condition(jsonb_populate_record(null::private.retention_rules, $1::jsonb || '{"subject": null}'), t.relation) as "all"
     from private.tables_of_rule(${populated}, $2) as t (relation)`,
    given,
  )
  const whole = new Set(expired.filter(({ obstacle }) => obstacle !== 'held').map(({ oid }) => oid))
  const age = `coalesce(${rule.columns.map((_, index) => `t.%${index + 1}$I`).join(', ')})`
  const { rows: ages } = await queryable.query<{ age: string }>(`select format($1, variadic $2::text[]) as age`, [
    age,
    rule.columns,
  ])
  for (const table of tables) {
    if (rule.method === 'months' && whole.has(table.oid)) continue
    // The conditions were written by the database, identifiers escaped.
    const { rows } = await queryable.query<{ rows: number; all: number; oldest: Date | null }>(
      `select count(*) filter (where ${table.expired}) as rows, count(*) as "all",
              (min(${ages[0]?.age}) filter (where ${table.expired}))::timestamptz as oldest
       from only ${table.table} t where ${table.all}`,
      [edge],
    )
    const [counted] = rows
    if (counted === undefined) continue
    plan.rows += counted.rows
    plan.held += counted.all - counted.rows
    if (counted.oldest !== null && (plan.oldest === null || counted.oldest < plan.oldest)) plan.oldest = counted.oldest
  }
  return plan
}

async function readRetired(queryable: Queryable): Promise<RetiredMonthPlan[]> {
  const { rows } = await queryable.query<RetiredMonthPlan>(
    `select r.name, r.lower_bound as "from", r.upper_bound as "to", r.rows, r.rows_estimated as "rowsEstimated", r.bytes,
            r.retired_at as "retiredAt", r.drop_after as "dropAfter", r.drop_after <= now() as due,
            coalesce(private.month_obstacle(to_regclass(format('retired.%I', r.name))) is not null, false) as held
     from private.retired_partitions r
     where r.state in ('retired', 'dropping')
     order by r.upper_bound`,
  )
  return rows
}

async function readMissing(queryable: Queryable, monthsAhead: number, edge: string | null): Promise<string[]> {
  const { rows } = await queryable.query<{ month: string }>(
    `select private.missing_months($1, coalesce($2::date, ((now() at time zone 'UTC') - interval '2 years')::date)) as month`,
    [monthsAhead, edge],
  )
  return rows.map(({ month }) => month)
}

async function readRuns(queryable: Queryable): Promise<Pick<RetentionPlan, 'unfinished' | 'running' | 'lastRun'>> {
  const { rows } = await queryable.query<{ run: number; startedAt: Date; step: string | null }>(
    `select r.id as run, r.started_at as "startedAt",
            (select s.step from private.retention_steps s where s.run_id = r.id and s.state = 'running' order by s.started_at desc limit 1) as step
     from private.retention_runs r where r.state in ('running', 'interrupted') order by r.id desc limit 1`,
  )
  const last = await queryable.query<{ lastRun: Date | null }>(
    `select max(finished_at) as "lastRun" from private.retention_runs where state = 'done'`,
  )
  const running = (await findOtherRun(queryable)) ?? null
  return { unfinished: running === null ? (rows[0] ?? null) : null, running, lastRun: last.rows[0]?.lastRun ?? null }
}
