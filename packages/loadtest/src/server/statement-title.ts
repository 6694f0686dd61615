/** A name with or without its schema, quoted or not. */
const name = String.raw`((?:"[^"]+"|\w+)(?:\.(?:"[^"]+"|\w+))?)`

const kinds: readonly { pattern: RegExp; verb: string }[] = [
  { pattern: new RegExp(`^insert into ${name}`, 'i'), verb: 'insert into' },
  { pattern: new RegExp(`^update (?:only )?${name}`, 'i'), verb: 'update' },
  { pattern: new RegExp(`^delete from (?:only )?${name}`, 'i'), verb: 'delete from' },
  // PostgREST's way to call a function, and a person's.
  { pattern: /\bselect ("[^"]+"\."[^"]+")\(/i, verb: 'call of' },
  { pattern: /^select (?:\* from )?(\w+\.\w+)\(/i, verb: 'call of' },
  { pattern: new RegExp(String.raw`^select .*? from (?:only )?${name}(?! ?\()`, 'i'), verb: 'select from' },
]

/**
 * What a statement does, in a few words: `insert into public.journal_entries`, `call of public.progress_summary`. PostgREST's own
 * texts begin alike for hundreds of characters.
 */
export function statementTitle(text: string): string {
  const plain = text
    .replace(/\/\*.*?\*\//gs, ' ')
    .replace(/--[^\n]*/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
  if (/^select set_config\(/i.test(plain)) return 'settings of a request'
  // PostgREST puts what a request asks for into a common table expression of this name.
  const body = plain.replace(/^with pgrst_source as \( ?/i, '')
  for (const { pattern, verb } of kinds) {
    const target = pattern.exec(body)?.[1]
    if (target !== undefined) return `${verb} ${target.replaceAll('"', '')}`
  }
  return plain.length > 60 ? `${plain.slice(0, 59)}…` : plain
}
