import { statementTitle } from '../statement-title.ts'
import type { Suspect } from './culprit.ts'
import type { DatabaseEvidence, Evidence } from './evidence.ts'
import { counted, percent } from './figure.ts'

/** Sessions sleep in pg_sleep, usually left over in a function. */
export function sleep({ database }: Evidence): Suspect | undefined {
  if (database === undefined) return undefined
  const { sleeping, busy, asleep } = database.sessions
  const sightings = asleep.reduce((sum, { times }) => sum + times, 0)
  const share = busy > 0 ? sleeping / busy : 0
  // A single sighting is a person at a console.
  if (sightings < 2 || (share < 0.1 && sleeping < 0.3)) return undefined
  const functions = functionsAsleep(database)
  const statements = asleep.slice(0, 3).map(({ id, query }) => statementTitle(textOf(database, id, query)))
  return {
    kind: 'sleep',
    severity: share >= 0.25 ? 'critical' : 'warning',
    title:
      functions.length === 0 ? 'Statements sleep in pg_sleep' : `${functions.join(', ')} sleeps: it calls pg_sleep`,
    detail: `On average ${counted(sleeping, 'session')} slept, ${percent(share)} of the busy ones. Seen asleep: ${statements.join('; ')}.`,
    hint:
      functions.length === 0
        ? 'Look for pg_sleep in the statement, in triggers and in the functions that it calls, and remove it.'
        : `Remove the pg_sleep in a migration: create or replace function ${functions[0]}.`,
    // Nobody means to sleep: where much of the time goes there, it comes before the slow statement that it makes.
    weight: share >= 0.25 ? 1 + share : share,
  }
}

/** Of the functions that sleep, those that the sleeping statements name; all of them when none is named (a trigger's). */
function functionsAsleep(database: DatabaseEvidence): string[] {
  const { sleepingFunctions, sessions } = database
  const texts = sessions.asleep.map(({ id, query }) => textOf(database, id, query).replaceAll('"', ''))
  const named = sleepingFunctions.filter((name) => {
    const call = `${name.split('.').at(-1)}(`
    return texts.some((text) => text.includes(call))
  })
  return named.length > 0 ? named : [...sleepingFunctions]
}

function textOf({ texts }: DatabaseEvidence, id: string | null, query: string): string {
  return (id === null ? undefined : texts.get(id)) ?? query
}
