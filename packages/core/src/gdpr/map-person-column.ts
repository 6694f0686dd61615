const people = [
  'user',
  'owner',
  'author',
  'creator',
  'editor',
  'profile',
  'account',
  'person',
  'member',
  'customer',
  'subscriber',
  'buyer',
  'payer',
  'patient',
  'assignee',
  'sender',
  'recipient',
  'receiver',
  'reviewer',
  'approver',
  'inviter',
  'invitee',
  'follower',
  'followee',
  'friend',
  'moderator',
  'reporter',
  'requester',
  'participant',
  'employee',
  'uploader',
  'actor',
].join('|')

/** `user_id`, `target_user`, `owner`, `author_uuid`, `member_ids`. */
const person = new RegExp(`(^|_)(${people})s?(_?(id|uuid|uid|guid|ref|key)s?)?$`)
/** The same with the id said: only so may it be a number, which a column `users` alone would count. */
const personWithId = new RegExp(`(^|_)(${people})s?_?(id|uid|ref|key)s?$`)
/** `created_by`, `approved_by_id`; not what a list is ordered by. */
const doneBy = /(^|_)(?!order|sort|group|divide|step)[a-z]+_by(_(id|uuid|user|user_id))?$/
const doneTo = /^(assigned|granted|given|sent|shared|delegated)_to(_(id|uuid|user|user_id))?$/
const otherId = /(^|_)uids?$|^(subject|contact)_(id|uuid)$|^e_?mails?$|_e_?mails?$|e_?mail_address(es)?$|^user_?name$/

/** Types by the name in pg_type that can hold an id, an address or a name. An enum, a date or a switch cannot. */
const texts = new Set(['uuid', 'text', 'varchar', 'bpchar', 'citext', 'name', 'json', 'jsonb', 'bytea'])
const numbers = new Set(['int4', 'int8', 'numeric'])

/** What can be known of a column without its rows. */
export interface NamedColumn {
  name: string
  /** pg_type name under all domains and arrays: `uuid`. */
  base: string
  /** Names of the domains over it, outermost first: `user_id` for `create domain user_id as uuid`. */
  domains: readonly string[]
}

/**
 * Why a column looks as if it named a person, in words that follow its name; `undefined` when it does not. A heuristic for tables
 * without a foreign key: too much is decided once as `not-personal`, too little is never found.
 */
export function looksLikePerson({ name, base, domains }: NamedColumn): string | undefined {
  if (!texts.has(base) && !numbers.has(base)) return undefined
  const domain = domains.find((one) => isPersonName(one, base))
  if (domain !== undefined) return `is of the type ${domain}`
  return isPersonName(name, base) ? 'is named like a person' : undefined
}

function isPersonName(written: string, base: string): boolean {
  const name = written.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase()
  if (numbers.has(base)) return personWithId.test(name) || doneBy.test(name)
  return person.test(name) || doneBy.test(name) || doneTo.test(name) || otherId.test(name)
}
