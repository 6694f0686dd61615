import { ExitCode, JourneysError } from '../errors.ts'

/** Somebody named in a file. */
export interface ListedPerson {
  /** From 1. */
  line: number
  /** As it is written there: a uuid or an e-mail address. */
  user: string
}

/** Above this a list is split: every plan has to fit a screen and a head. */
const mostPeople = 10_000

/**
 * Reads one person a line. What follows a `#` at the start of a line, or after a space, is a comment; empty lines are none.
 * @throws JourneysError `people_missing`, `people_too_many` (exit code 2)
 */
export function parsePeople(text: string): ListedPerson[] {
  const people = text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .map((line, index) => ({ line: index + 1, user: line.replace(/(^|\s)#.*$/, '').trim() }))
    .filter(({ user }) => user !== '')
  if (people.length === 0) {
    throw new JourneysError('people_missing', 'The list names nobody', {
      hint: 'write one uuid or e-mail address a line',
      exitCode: ExitCode.usage,
    })
  }
  if (people.length > mostPeople) {
    throw new JourneysError('people_too_many', `The list names ${people.length} people, and ${mostPeople} go at once`, {
      hint: 'split it into several files',
      exitCode: ExitCode.usage,
    })
  }
  return people
}
