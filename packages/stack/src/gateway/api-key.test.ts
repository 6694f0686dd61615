import { expect, test } from 'vitest'
import { apiKeyCheck } from './api-key.ts'

const check = apiKeyCheck({ anonKey: 'anon-key', serviceRoleKey: 'service-role-key' })

test('both keys of the stack open the gateway', () => {
  expect(check('anon-key')).toBeUndefined()
  expect(check('service-role-key')).toBeUndefined()
})

test('a missing key and a wrong key are told apart, in the words of Supabase', () => {
  expect(check(undefined)).toEqual({
    message: 'No API key found in request',
    hint: 'No `apikey` request header or url param was found.',
  })
  expect(check('')?.message).toBe('No API key found in request')
  expect(check('anon-kez')?.message).toBe('Invalid API key')
  expect(check('anon-key ')?.message).toBe('Invalid API key')
})
