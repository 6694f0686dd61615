import type { ErasurePlan } from '../plan.ts'
import type { PersonTable } from '../rows/person-table.ts'

/** What lets somebody in. It goes first of all, so that nothing new is written meanwhile. */
const admission = new Set(['auth.sessions', 'auth.refresh_tokens', 'auth.one_time_tokens', 'auth.flow_state'])

const rowsPrefix = 'rows '

/** `rows public.profiles` */
export function rowsStep(table: string): string {
  return `${rowsPrefix}${table}`
}

/** Which table a step treats, when it is one of these. */
export function rowsOf(step: string): string | undefined {
  return step.startsWith(rowsPrefix) ? step.slice(rowsPrefix.length) : undefined
}

/** Tables whose rows the erasure treats before the account, children first; without those that go some other way. */
export function treatedTables(tables: readonly PersonTable[]): PersonTable[] {
  return tables.filter(({ what, viaAccount, viaStorage }) => what !== 'keep' && !viaAccount && !viaStorage)
}

export function isAdmission({ table }: PersonTable): boolean {
  return admission.has(table)
}

/** Tables of a plan in which the person has rows that no hold keeps. */
export function presentTables(plan: Omit<ErasurePlan, 'user' | 'id'>): Set<string> {
  const all = [...plan.erase, ...plan.overwrite, ...plan.unlink, ...plan.keep]
  return new Set(all.filter(({ rows, held }) => rows > 0 && held !== true).map(({ table }) => table))
}

/**
 * The steps of an erasure, in their order: one for each table in which the person has rows. What comes into another one meanwhile, the
 * step `account` finds.
 * @param tables all that a person can have rows in, children first
 */
export function stepsOf(tables: readonly PersonTable[], present: ReadonlySet<string>): string[] {
  const rows = treatedTables(tables).filter((table) => present.has(table.table) && !isAdmission(table))
  return [
    'open',
    'sessions',
    ...rows.map(({ table }) => rowsStep(table)),
    'storage',
    'account',
    'verify',
    'receipt',
    'file',
  ]
}
