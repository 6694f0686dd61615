import { z } from 'zod'
import type { GdprKey } from './key.ts'
import type { RowOwner } from './rows/row-owner.ts'
import { type SearchTerm, termKinds } from './search/term.ts'

/** What an erasure still needs of the person once their rows are gone. Personal data: it is in the database only sealed, and only until it is done. */
export interface SealedPerson {
  /** How their rows are found. */
  owner: RowOwner
  /** What the verification searches for. */
  terms: SearchTerm[]
}

const shape = z.object({
  owner: z.object({ id: z.string(), emails: z.array(z.string()) }),
  terms: z.array(z.object({ kind: z.enum(termKinds as [SearchTerm['kind']]), text: z.string() })),
})

export function sealPerson(key: GdprKey, person: SealedPerson): Buffer {
  return key.seal(JSON.stringify(person))
}

/** @throws JourneysError `gdpr_seal_broken` */
export function unsealPerson(key: GdprKey, sealed: Uint8Array): SealedPerson {
  return shape.parse(JSON.parse(key.unseal(sealed)))
}
