/** What leads to a person: `id` and `email` and `phone` by themselves, a `name` together with other things, a `phrase` by their own words. */
export type TermKind = 'id' | 'email' | 'phone' | 'name' | 'phrase'

/** One thing to search for. Personal data: it is kept sealed and appears in no report. */
export interface SearchTerm {
  kind: TermKind
  text: string
}

export const termKinds: readonly TermKind[] = ['id', 'email', 'phone', 'name', 'phrase']
