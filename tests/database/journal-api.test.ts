import { randomUUID } from 'node:crypto'
import type { SupabaseClient } from '@supabase/supabase-js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestClient } from '../support/client.ts'
import { createTestStack, type TestStack } from '../support/stack.ts'

let stack: TestStack
let maya: SupabaseClient
let tom: SupabaseClient
let tomId: string

async function signUp(email: string): Promise<{ client: SupabaseClient; id: string }> {
  const client = createTestClient(stack, stack.anonKey)
  const { data, error } = await client.auth.signUp({ email, password: 'a long password' })
  if (error || !data.user) throw error ?? new Error('no user')
  return { client, id: data.user.id }
}

beforeAll(async () => {
  stack = await createTestStack()
  maya = (await signUp('maya@example.test')).client
  const second = await signUp('tom@example.test')
  tom = second.client
  tomId = second.id
})
afterAll(async () => {
  await stack?.stop()
})

const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10)

async function write(client: SupabaseClient, row: Record<string, unknown> = {}) {
  const { data } = await client
    .from('journal_entries')
    .insert({ reflection: 'A good day.', ...row })
    .select()
    .single()
    .throwOnError()
  return data
}

describe('a journal through the API', () => {
  it('takes an entry without saying whose it is or of when', async () => {
    const entry = await write(maya)
    expect(entry).toMatchObject({ reflection: 'A good day.', scores: {}, date: day(0) })
  })

  it('lets its person change text, scores and day, also to another month', async () => {
    const entry = await write(maya)
    const { data } = await maya
      .from('journal_entries')
      .update({ reflection: 'Better said.', scores: { mood: 7 }, date: day(70) })
      .eq('id', entry.id)
      .eq('date', entry.date)
      .select()
      .single()
      .throwOnError()
    expect(data).toMatchObject({ id: entry.id, reflection: 'Better said.', scores: { mood: 7 }, date: day(70) })
    expect(data.created_at).toBe(entry.created_at)
    expect(data.updated_at > entry.updated_at).toBe(true)
    const { data: found } = await maya.from('journal_entries').select().eq('id', entry.id)
    expect(found).toHaveLength(1)
  })

  it('refuses another id, another person, and times of its own making', async () => {
    const { id } = await write(maya)
    const change = (columns: Record<string, unknown>) => maya.from('journal_entries').update(columns).eq('id', id)
    expect((await change({ id: randomUUID() })).error).toMatchObject({ code: '22023' })
    expect((await change({ user_id: tomId })).error).toMatchObject({ code: '42501' })
    expect((await change({ user_id: null })).error).toMatchObject({ code: '42501' })
    expect((await change({ created_at: '2020-01-01T00:00:00Z' })).error).toMatchObject({ code: '42501' })
    expect((await maya.from('journal_entries').insert({ reflection: 'x', user_id: tomId })).error).toMatchObject({
      code: '42501',
    })
  })

  it('takes the same save twice and keeps one entry', async () => {
    const row = { id: randomUUID(), date: day(3), reflection: 'Saved twice' }
    const ignore = { onConflict: 'id,date', ignoreDuplicates: true }
    const first = await maya.from('journal_entries').upsert(row, ignore).select()
    const again = await maya
      .from('journal_entries')
      .upsert({ ...row, reflection: 'Changed' }, ignore)
      .select()
    expect([first.status, first.data?.length, again.error, again.data]).toEqual([201, 1, null, []])
    const merged = await maya
      .from('journal_entries')
      .upsert({ ...row, reflection: 'Changed' }, { onConflict: 'id,date' })
      .select()
    expect(merged.data).toMatchObject([{ id: row.id, reflection: 'Changed' }])
  })

  it('keeps the entries of two people apart, even when their devices made the same id', async () => {
    const { id, date } = await write(maya, { reflection: 'Of Maya' })
    const row = { id, date, reflection: 'Of Tom' }
    expect((await tom.from('journal_entries').insert(row)).error).toMatchObject({ code: '23505' })
    expect((await tom.from('journal_entries').upsert(row, { onConflict: 'id,date' })).error).toMatchObject({
      code: '42501',
    })
    const ignored = await tom
      .from('journal_entries')
      .upsert(row, { onConflict: 'id,date', ignoreDuplicates: true })
      .select()
    expect(ignored.data).toEqual([])
    const { data } = await maya.from('journal_entries').select('reflection').eq('id', id)
    expect(data).toEqual([{ reflection: 'Of Maya' }])
  })

  it('says clearly that it has no room for a day', async () => {
    const { error, status } = await maya.from('journal_entries').insert({ reflection: 'Too early', date: '1999-01-01' })
    expect([status, error?.code]).toEqual([400, '23514'])
    expect(error?.message).toContain('no partition')
  })

  it('is read page by page, newest first, without a gap or a repeat', async () => {
    const reader = (await signUp('reader@example.test')).client
    const rows = Array.from({ length: 45 }, (_, i) => ({ reflection: `Entry ${i}`, date: day(Math.floor(i / 3) * 4) }))
    await reader.from('journal_entries').insert(rows).throwOnError()
    const seen: string[] = []
    let cursor: { id: string; date: string } | undefined
    do {
      let page = reader
        .from('journal_entries')
        .select('id,date')
        .order('date', { ascending: false })
        .order('id', { ascending: false })
      if (cursor) page = page.lte('date', cursor.date).or(`date.lt.${cursor.date},id.lt.${cursor.id}`)
      const { data } = await page.limit(20).throwOnError()
      seen.push(...data.map(({ id }) => id))
      cursor = data.at(-1)
    } while (cursor)
    expect(seen).toHaveLength(45)
    expect(new Set(seen).size).toBe(45)
  })

  it('gives its figures to a GET', async () => {
    const { data, error } = await maya.rpc('progress_summary', { from_date: day(30), to_date: day(0) }, { get: true })
    expect(error).toBeNull()
    expect(data).toMatchObject({ from: day(30), to: day(0), current_streak: 1 })
    const wrong = await maya.rpc('progress_summary', { from_date: day(0), to_date: day(30) }, { get: true })
    expect([wrong.status, wrong.error?.code]).toEqual([400, '22023'])
  })

  it('sells premium once, with the status codes of its errors', async () => {
    const key = randomUUID()
    const purchase = (plan: string) => maya.rpc('purchase_premium', { plan, idempotency_key: key })
    expect(await purchase('monthly')).toMatchObject({ status: 409, error: { code: 'profile_missing' } })
    await maya.from('profiles').insert({ display_name: 'Maya' }).throwOnError()
    expect(await purchase('monthly')).toMatchObject({ status: 200, data: { plan: 'monthly', replayed: false } })
    expect(await purchase('monthly')).toMatchObject({ status: 200, data: { plan: 'monthly', replayed: true } })
    expect(await purchase('yearly')).toMatchObject({ status: 409, error: { code: 'idempotency_key_reused' } })
    const anonymous = createTestClient(stack, stack.anonKey)
    expect((await anonymous.rpc('purchase_premium', { plan: 'monthly', idempotency_key: key })).status).toBe(401)
  })

  it('lets an operator erase and clean up with the service key, and says who it does not know', async () => {
    const operator = createTestClient(stack, stack.serviceRoleKey)
    const gone = await signUp('gone@example.test')
    await write(gone.client)
    const { data } = await operator.rpc('anonymize_user_data', { user_uuid: gone.id })
    expect(data).toMatchObject({ journal_entries: 1 })
    expect((await operator.rpc('anonymize_user_data', { user_uuid: randomUUID() })).error).toMatchObject({
      code: 'P0002',
    })
    expect((await operator.rpc('cleanup_old_data')).data).toMatchObject({ rows_deleted: 0 })
  })
})
