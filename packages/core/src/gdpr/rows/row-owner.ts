import type { Queryable } from '../../database/connection.ts'
import type { Person } from '../person.ts'

/** Whose rows are meant: everything by which a row can name them. Read it once, before anything is erased: it is erased, too. */
export interface RowOwner {
  /** uuid, in lower case */
  id: string
  /** In lower case, without those that another account has, too: they say nothing about whose a row is. */
  emails: readonly string[]
}

/** The addresses of the account and of its identities (somebody may sign in with an address of another provider). */
export async function readRowOwner(queryable: Queryable, person: Pick<Person, 'id' | 'email'>): Promise<RowOwner> {
  const { rows } = await queryable.query<{ email: string }>(
    `select distinct own.email
     from (
       select lower($2::text) as email
       union all
       select lower(i.email) from auth.identities i where i.user_id = $1::uuid
     ) own
     where own.email <> ''
       and not exists (select from auth.users other where lower(other.email) = own.email and other.id <> $1::uuid)
     order by own.email`,
    [person.id, person.email],
  )
  return { id: person.id.toLowerCase(), emails: rows.map(({ email }) => email) }
}
