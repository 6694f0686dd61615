import pg from 'pg'
import type { Transaction } from './transaction.ts'

/** A node of a plan as auto_explain logs it. */
export interface PlanNode {
  'Node Type': string
  'Actual Loops': number
  'Actual Rows': number
  'Relation Name'?: string
  'Index Name'?: string
  'Function Name'?: string
  Plans?: PlanNode[]
}

export interface StatementPlan {
  sql: string
  ms: number
  plan: PlanNode
}

/**
 * Runs a transaction, rolled back, and returns the plan of every statement in it, also of those inside functions, as the role that
 * it takes on. https://www.postgresql.org/docs/15/auto-explain.html
 */
export async function plansOf(superuserUrl: string, { statements }: Transaction): Promise<StatementPlan[]> {
  const client = new pg.Client({ connectionString: superuserUrl })
  const plans: StatementPlan[] = []
  client.on('notice', ({ message }) => {
    const [, ms, json] = /^duration: ([\d.]+) ms {2}plan:\n(.*)$/s.exec(message ?? '') ?? []
    if (json === undefined) return
    const { 'Query Text': sql, Plan: plan } = JSON.parse(json) as { 'Query Text': string; Plan: PlanNode }
    plans.push({ sql, ms: Number(ms), plan })
  })
  await client.connect()
  try {
    await client.query(`
      load 'auto_explain';
      set auto_explain.log_min_duration = 0;
      set auto_explain.log_nested_statements = on;
      set auto_explain.log_analyze = on;
      set auto_explain.log_format = json;
      set auto_explain.log_level = notice`)
    plans.length = 0
    for (const { text, values } of statements) {
      await client.query(/^commit\b/i.test(text) ? 'rollback' : text, [...values])
    }
    return plans
  } finally {
    await client.end()
  }
}

/** The node and all below it that were really executed: of the months, those that were opened. */
export function executed(node: PlanNode): PlanNode[] {
  if (node['Actual Loops'] === 0) return []
  return [node, ...(node.Plans ?? []).flatMap(executed)]
}

/** The plan as an indented list, one node a line. */
export function planLines(node: PlanNode, depth = 0): string[] {
  if (node['Actual Loops'] === 0) return []
  const on = [node['Index Name'] ?? node['Relation Name'] ?? node['Function Name']]
    .filter(Boolean)
    .map((name) => ` ${name}`)
  const loops = node['Actual Loops'] === 1 ? '' : ` × ${node['Actual Loops']}`
  const unopened = (node.Plans ?? []).filter((inner) => inner['Actual Loops'] === 0).length
  return [
    `${'  '.repeat(depth)}${node['Node Type']}${on.join('')}  rows ${node['Actual Rows']}${loops}`,
    ...(node.Plans ?? []).flatMap((inner) => planLines(inner, depth + 1)),
    ...(unopened > 0 ? [`${'  '.repeat(depth + 1)}(${unopened} more, never opened)`] : []),
  ]
}
