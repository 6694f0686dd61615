import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { CrashProject } from './crash-project.ts'
import type { StoriedPerson } from './storied-person.ts'

/** Something of a person, and the forms in which a dump or a file name may have it. */
interface Mark {
  /** Says what it is, without saying it: `phrase 12`. */
  label: string
  forms: string[]
}

/** What must be gone, in lower case. */
export function marksOf({ id, email, name, phrases, ids }: StoriedPerson): Mark[] {
  const mark = (label: string, text: string) => ({
    label,
    forms: [text.toLowerCase(), Buffer.from(text).toString('hex')],
  })
  const idMark = (label: string, text: string) => {
    const { label: said, forms } = mark(label, text)
    return { label: said, forms: [...forms, text.replaceAll('-', '').toLowerCase()] }
  }
  return [
    idMark('id', id),
    mark('e-mail', email),
    { label: 'e-mail, in a URL', forms: [encodeURIComponent(email).toLowerCase()] },
    mark('name', name),
    ...phrases.map((phrase, n) => mark(`phrase ${n}`, phrase)),
    ...ids.map((text, n) => idMark(`id ${n}`, text)),
  ]
}

/** The labels of the marks that are in the text. */
export function tracesIn(text: string, person: StoriedPerson): string[] {
  const lower = text.toLowerCase()
  return marksOf(person)
    .filter(({ forms }) => forms.some((form) => lower.includes(form)))
    .map(({ label }) => label)
}

/** Every file under the folder whose name or content has a mark, or is one of the person's files: `<path>: <what>`. */
export async function tracesUnder(folder: string, person: StoriedPerson): Promise<string[]> {
  const found: string[] = []
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name)
    const shown = relative(folder, path)
    for (const label of tracesIn(shown, person)) found.push(`${shown}: ${label} in its name`)
    if (!entry.isFile()) continue
    const content = await readFile(path)
    for (const label of tracesIn(content.toString('latin1'), person)) found.push(`${shown}: ${label}`)
    if (person.files.some((file) => content.includes(file))) found.push(`${shown}: a file of theirs`)
  }
  return found
}

/**
 * Every table of the database that has a mark in any row, `schema.table: rows`, by the text of the whole row. Slow and simple: it shares
 * nothing with the search that the product does.
 */
export async function tracesInRows(project: CrashProject, person: StoriedPerson): Promise<string[]> {
  const tables = await project.asSuperuser<{ name: string }>(
    `select format('%I.%I', n.nspname, c.relname) as name
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'm') and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_'
     order by 1`,
  )
  const forms = marksOf(person).flatMap((mark) => mark.forms)
  const counts = await project.asSuperuser<{ name: string; rows: string }>(
    tables
      .map(
        ({ name }) =>
          `select '${name}' as name, count(*) as rows from ${name} t
           where exists (select from unnest($1::text[]) form where position(form in lower(t::text)) > 0)`,
      )
      .join(' union all '),
    [forms],
  )
  return counts.filter(({ rows }) => rows !== '0').map(({ name, rows }) => `${name}: ${rows}`)
}
