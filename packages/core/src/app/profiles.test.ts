import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPerson } from '../../../../tests/app/person.ts'
import { createTestStack, type TestStack } from '../../../../tests/support/stack.ts'

let stack: TestStack
beforeAll(async () => {
  stack = await createTestStack()
})
afterAll(() => stack?.stop())

describe('a profile', () => {
  it('is not there, is made, and is changed in parts', async () => {
    const { id, journeys } = await createPerson(stack)
    const { profiles } = journeys
    expect(await profiles.get()).toBeNull()
    await expect(profiles.edit({ bio: 'x' })).rejects.toMatchObject({ code: 'not_found' })
    const made = await profiles.save({ displayName: 'Ann' })
    expect(made).toMatchObject({
      userId: id,
      displayName: 'Ann',
      bio: null,
      timezone: 'UTC',
      locale: 'en',
      dailyReminderAt: null,
      premiumUntil: null,
      premiumForLife: false,
    })
    expect(await profiles.get()).toEqual(made)
    const changed = await profiles.edit({ bio: 'Day by day', locale: 'pt-BR', dailyReminderAt: '08:30' })
    expect(changed).toMatchObject({ displayName: 'Ann', bio: 'Day by day', locale: 'pt-BR', dailyReminderAt: '08:30' })
    expect(await profiles.get()).toEqual(changed)
    const saved = await profiles.save({ displayName: 'Anna', bio: null })
    expect(saved).toMatchObject({ displayName: 'Anna', bio: null, locale: 'pt-BR', dailyReminderAt: '08:30' })
  })

  it('refuses what it has no place for', async () => {
    const { journeys } = await createPerson(stack)
    const refused = { code: 'invalid_input' }
    await expect(journeys.profiles.edit({})).rejects.toMatchObject(refused)
    await expect(journeys.profiles.edit({ premiumUntil: 'infinity' } as never)).rejects.toMatchObject(refused)
    await expect(journeys.profiles.save({ displayName: '' })).rejects.toMatchObject(refused)
  })
})

describe('the addictions of a person', () => {
  it('are added, listed, changed and removed, by their own person only', async () => {
    const ann = (await createPerson(stack)).journeys.addictions
    const bob = (await createPerson(stack)).journeys.addictions
    const later = await ann.add({ kind: 'tobacco', quitOn: '2026-10-01' })
    const first = await ann.add({
      id: randomUUID(),
      kind: 'other',
      label: 'nail biting',
      quitOn: '2026-01-05',
      goal: 'none',
    })
    expect(await ann.list()).toEqual([first, later])
    expect(await bob.list()).toEqual([])
    await expect(bob.edit(first.id, { goal: 'mine' })).rejects.toMatchObject({ code: 'not_found' })
    await expect(bob.remove(first.id)).rejects.toMatchObject({ code: 'not_found' })
    const changed = await ann.edit(first.id, { label: null, kind: 'food' })
    expect(changed).toMatchObject({ kind: 'food', label: null, goal: 'none' })
    await ann.remove(later.id)
    expect(await ann.list()).toEqual([changed])
  })
})
