import { randomUUID } from 'node:crypto'
import { createJourneys, type Journeys, type JourneysOptions } from '@journeys/core'
import type { TestStack } from '../support/stack.ts'

/** Somebody who is signed up and signed in with supabase-js. */
export interface Person {
  id: string
  email: string
  password: string
  journeys: Journeys
}

export type PersonOptions = Pick<JourneysOptions, 'cache' | 'clock'> & {
  /** Stands in for the network, to cut it or to look at the requests. */
  fetch?: typeof fetch
}

/** A new person on a client of their own. */
export async function createPerson(stack: TestStack, options: PersonOptions = {}): Promise<Person> {
  const journeys = createApp(stack, options)
  const credentials = { email: `${randomUUID()}@example.test`, password: `a password ${randomUUID()}` }
  const { data, error } = await journeys.supabase.auth.signUp(credentials)
  if (error !== null || data.session === null) throw error ?? new Error('signed up without a session')
  return { ...credentials, id: data.session.user.id, journeys }
}

/** The app on a device where nobody is signed in. */
export function createApp(stack: TestStack, { fetch, ...options }: PersonOptions = {}): Journeys {
  return createJourneys({
    url: stack.url,
    anonKey: stack.anonKey,
    client: {
      auth: { persistSession: false, autoRefreshToken: false },
      ...(fetch === undefined ? {} : { global: { fetch } }),
    },
    ...options,
  })
}

/** Signs the person in on another device. */
export async function signIn(journeys: Journeys, person: Person): Promise<void> {
  const { email, password } = person
  const { error } = await journeys.supabase.auth.signInWithPassword({ email, password })
  if (error !== null) throw error
}
