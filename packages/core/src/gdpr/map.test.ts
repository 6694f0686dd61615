import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decisionsOf, describeDecision, personalDataMap } from './map.ts'
import { looksLikePerson } from './map-person-column.ts'

const nothing = { tables: {}, byHand: {} }
const crm = { title: 'CRM', do: 'delete the contact' }

test('the file extends the built-in map column by column, and null takes a decision back', () => {
  const map = personalDataMap({
    tables: {
      'public.profiles': { bio: { strategy: 'overwrite', value: '' }, nickname: 'erase', locale: null },
      'public.performance_metrics': null,
    },
    byHand: { crm, 'mail-provider': null },
  })
  const profiles = decisionsOf(map, 'public.profiles')
  expect(profiles.get('bio')).toEqual({ decision: { strategy: 'overwrite', value: '' }, origin: 'file' })
  expect(profiles.get('nickname')).toEqual({ decision: { strategy: 'erase' }, origin: 'file' })
  expect(profiles.get('display_name')).toEqual({ decision: { strategy: 'erase' }, origin: 'own' })
  expect(profiles.has('locale')).toBe(false)
  expect(decisionsOf(map, 'public.performance_metrics').size).toBe(0)
  expect(map.byHand.map(({ id }) => id)).toEqual(['backups', 'logs', 'payment-provider', 'devices', 'crm'])
  expect(decisionsOf(personalDataMap(nothing), 'public.profiles').get('locale')?.origin).toBe('own')
})

test('a name with * stands for every table that it fits, but an exact name comes first', () => {
  const map = personalDataMap({
    tables: { 'app.log_*': { actor: 'erase' }, 'app.log_kept': { actor: 'unlink' } },
    byHand: {},
  })
  expect(decisionsOf(map, 'app.log_2026').get('actor')?.decision).toEqual({ strategy: 'erase' })
  expect(decisionsOf(map, 'app.log_kept').get('actor')?.decision).toEqual({ strategy: 'unlink' })
  expect(decisionsOf(map, 'appXlog_2026').size).toBe(0)
  expect(decisionsOf(map, 'retired.journal_entries_2024_01').get('reflection')?.decision).toEqual({ strategy: 'erase' })
})

test('whatever a table is named, a * in the place of any part of it fits, and nothing but * is special', () => {
  const name = fc.string({ unit: 'binary', minLength: 1 }).filter((text) => !text.includes('*'))
  fc.assert(
    fc.property(name, name, name, (before, part, after) => {
      const settings = { tables: { [`s.${before}*${after}`]: { x: 'erase' as const } }, byHand: {} }
      expect(decisionsOf(personalDataMap(settings), `s.${before}${part}${after}`).size).toBe(1)
      expect(decisionsOf(personalDataMap(settings), `t.${before}${part}${after}`).size).toBe(0)
    }),
  )
})

test('a decision can be read by somebody who does not know its key', () => {
  const purchases = decisionsOf(personalDataMap(nothing), 'public.purchases')
  expect(describeDecision(purchases.get('user_id')?.decision ?? { strategy: 'erase' })).toBe('unlink')
  expect(describeDecision(purchases.get('amount_cents')?.decision ?? { strategy: 'erase' })).toMatch(
    /^keep 10 years: acc/,
  )
  expect(describeDecision({ strategy: 'overwrite', value: {} })).toBe('overwrite with {}')
})

const looks = (name: string, base = 'uuid', domains: string[] = []) => looksLikePerson({ name, base, domains })

test.each([
  'user_id',
  'userId',
  'target_user_id',
  'owner',
  'owner_id',
  'created_by',
  'author',
  'profile_id',
  'member_ids',
  'auth_uid',
  'email',
  'billing_email',
  'assigned_to',
  'username',
])('%s looks like a person', (name) => {
  expect(looks(name, 'text')).toBe('is named like a person')
})

test.each([
  'id',
  'title',
  'user_agent',
  'order_by',
  'bucket_id',
  'client_id',
  'session_id',
  'subject',
  'by',
  'ownership',
])('%s does not', (name) => {
  expect(looks(name, 'text')).toBeUndefined()
})

test('a type that no id fits into is no person, and a domain is one by its own name', () => {
  expect(looks('created_by', 'timestamptz')).toBeUndefined()
  expect(looks('users', 'int4')).toBeUndefined()
  expect(looks('user_id', 'int8')).toBe('is named like a person')
  expect(looks('whose', 'uuid', ['person_id'])).toBe('is of the type person_id')
})
