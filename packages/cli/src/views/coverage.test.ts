import type { CoverageFinding } from '@journeys/core/ops'
import { expect, test } from 'vitest'
import { plainLook } from '../output/look.ts'
import { renderCoverage } from './coverage.ts'

const about = { environment: 'local', durationMs: 40 }
const columns = [
  { name: 'user_id', strategy: 'unlink', says: 'unlink' },
  {
    name: 'amount',
    strategy: 'keep',
    says: 'keep 10 years: accounting law asks for receipts, whoever they were made out to',
  },
]
const tables = [{ table: 'public.purchases', reachedBy: 'user_id → auth.users', columns }]
const byHand = [
  {
    id: 'backups',
    title: 'Backups',
    do: 'Write down when the last one expires, and put it into the ledger of erasures.',
  },
]
const finding: CoverageFinding = {
  kind: 'undecided',
  table: 'public.notes',
  columns: ['id', 'body'],
  summary: 'nobody has decided about public.notes',
  why: 'user_id → auth.users',
  do: 'decide what an erasure does with each of them; this is a proposal',
  add: { 'public.notes': { id: 'erase', body: { strategy: 'overwrite', value: {} } } },
}

test('nothing missing: a line for each table, and what is done by hand', () => {
  expect(renderCoverage({ all: false, tables, findings: [], byHand }, plainLook, about)).toBe(
    [
      'Journeys personal data · local · 1 table · 2 columns                 all decided',
      '',
      '  table             columns  an erasure',
      '  public.purchases        2  unlinks 1, keeps 1',
      '',
      '  by hand  backups',
      '',
      'next   journeys gdpr coverage --all',
    ].join('\n'),
  )
})

test('a finding says why, what to do, and has JSON to paste', () => {
  const text = renderCoverage({ all: false, tables, findings: [finding], byHand }, plainLook, about)
  expect(text).toContain('1 finding\n')
  expect(text).toContain(
    '  undecided    nobody has decided about public.notes\n               why  user_id → auth.users\n',
  )
  const json = text.slice(text.indexOf('"public.notes"'), text.indexOf('\n\nWhat is proposed'))
  expect(JSON.parse(`{${json}}`)).toEqual(finding.add)
})

test('--all shows every column with its ground, within 80 columns', () => {
  const text = renderCoverage({ all: true, tables, findings: [], byHand }, plainLook, about)
  expect(text).toContain('  public.purchases  user_id → auth.users\n    user_id  unlink\n    amount   keep 10 years: ')
  expect(text).toContain('backups             Backups\n')
  for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80)
})
