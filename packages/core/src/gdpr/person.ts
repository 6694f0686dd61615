import type { Queryable } from '../database/connection.ts'
import { ExitCode, JourneysError } from '../errors.ts'

/** Someone with an account: a row of `auth.users`. */
export interface Person {
  /** uuid */
  id: string
  /** `null` for someone who signed up with a phone number or anonymously. */
  email: string | null
  createdAt: Date | null
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * Finds someone by uuid or by e-mail address (in any case).
 * @param options.lock holds the row until the transaction ends: nobody else erases it, or writes for it, meanwhile
 * @param options.command what the hints tell to type; @defaultValue 'gdpr anonymize'
 * @throws JourneysError `user_malformed`, `user_ambiguous` (exit code 2), `user_not_found` (1)
 */
export async function findPerson(
  queryable: Queryable,
  user: string,
  options: { lock?: boolean; command?: string } = {},
): Promise<Person> {
  const { command = 'gdpr anonymize' } = options
  const wanted = user.trim()
  const isUuid = uuid.test(wanted)
  if (!isUuid && !/^[^\s@]+@[^\s@]+$/.test(wanted)) {
    throw new JourneysError('user_malformed', `${JSON.stringify(wanted)} is neither a uuid nor an e-mail address`, {
      hint: `name the person as journeys ${command} 4b0e0000-0000-4000-8000-000000000000, or anna@example.org`,
      exitCode: ExitCode.usage,
    })
  }
  const { rows } = await queryable.query<Person>(
    `select id, email, created_at as "createdAt" from auth.users
     where ${isUuid ? 'id = $1::uuid' : 'lower(email) = lower($1)'}
     order by id ${options.lock ? 'for update' : ''}`,
    [wanted],
  )
  const [person, ...others] = rows
  if (person === undefined) {
    throw new JourneysError('user_not_found', `There is no user ${wanted}`, {
      detail: 'looked in auth.users; someone who was erased already is not there any more',
      hint: `check the address, or look the uuid up in auth.users; --env names the environment: journeys ${command} USER --env NAME`,
    })
  }
  if (others.length > 0) {
    throw new JourneysError('user_ambiguous', `${rows.length} users have the address ${wanted}`, {
      detail: rows.map(({ id, createdAt }) => `${id} since ${createdAt?.toISOString().slice(0, 10) ?? '?'}`).join('\n'),
      hint: `name one by uuid: journeys ${command} ${person.id}`,
      exitCode: ExitCode.usage,
    })
  }
  return person
}

/** Whether a text has an address or an id in it: what is kept for longer than the person's data must have neither. */
export function namesSomebody(text: string): boolean {
  return /[^\s@<>"']+@[^\s@<>"']+\.\w/.test(text) || /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/i.test(text)
}
