/** The smallest schema that shows whether a row survived. */
export const migrations = {
  '20260101000000_notes.sql': 'create table public.notes (id int primary key, text text not null);',
}

interface Api {
  apiUrl: string
  serviceRoleKey: string
}

/** Inserts through the gateway; resolves when the server has said that the row is committed. */
export async function addNote(stack: Api, id: number): Promise<void> {
  const response = await fetch(`${stack.apiUrl}/rest/v1/notes`, {
    method: 'POST',
    headers: { ...headers(stack), 'content-type': 'application/json' },
    body: JSON.stringify({ id, text: 'a committed row' }),
    signal: AbortSignal.timeout(5000),
  })
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`)
  await response.text()
}

/** The ids of every row, ascending. */
export async function noteIds(stack: Api): Promise<number[]> {
  const response = await fetch(`${stack.apiUrl}/rest/v1/notes?select=id&order=id`, { headers: headers(stack) })
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`)
  return ((await response.json()) as { id: number }[]).map(({ id }) => id)
}

function headers({ serviceRoleKey }: Api): Record<string, string> {
  return { apikey: serviceRoleKey, authorization: `Bearer ${serviceRoleKey}` }
}
