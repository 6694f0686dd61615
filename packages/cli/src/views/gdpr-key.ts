import type { About } from '../command.ts'
import { renderFields, renderHeader } from '../output/header.ts'
import { wrap } from '../output/lines.ts'
import type { Look } from '../output/look.ts'
import { formatCount } from '../output/number.ts'
import { renderTable } from '../output/table.ts'

interface ShownKeys {
  written: string | null
  current: { id: string; publicKey: string }
  keys: { id: string; publicKey: string | null; unfinished: number; finished: number; receipts: number }[] | null
}

/** The key in use, and what each key made. */
export function renderKeys({ written, current, keys }: ShownKeys, look: Look, { environment }: About): string {
  const { paint } = look
  const missing = (keys ?? []).filter(({ publicKey }) => publicKey === null)
  const verdict =
    written !== null
      ? paint.green('written')
      : missing.length > 0
        ? paint.red(`${missing.length} MISSING`)
        : paint.green('at hand')
  const fields: [string, string][] = [
    ['key', current.id],
    ['public key', current.publicKey],
    ...(written === null ? [] : [['file', written] as [string, string]]),
  ]
  return [
    renderHeader(['Journeys erasure key', environment], verdict, look),
    '',
    renderFields(fields, look),
    '',
    ...(keys === null ? [wrap(afterNew(environment), look.width)] : keyTable(keys, current.id, look)),
    ...(missing.length === 0
      ? []
      : [
          '',
          wrap(
            'Without the missing key nobody in those entries can be recognised, and their receipts cannot be checked. Put it into JOURNEYS_GDPR_OLD_KEYS.',
            look.width,
          ),
        ]),
  ].join('\n')
}

function afterNew(environment: string): string {
  const where = environment === 'local' ? '' : ` Whoever else runs journeys on ${environment} needs the same key.`
  return `Keep a copy where the database and its backups are not: without it nobody in the ledger can be recognised after a restore, and no receipt can be signed.${where}`
}

function keyTable(keys: NonNullable<ShownKeys['keys']>, current: string, look: Look): string[] {
  const { paint } = look
  return [
    renderTable(
      [
        { heading: 'key' },
        { heading: '' },
        { heading: 'erasures open', align: 'right' },
        { heading: 'done', align: 'right' },
        { heading: 'receipts', align: 'right' },
      ],
      keys.map(({ id, publicKey, unfinished, finished, receipts }) => [
        id,
        publicKey === null ? paint.red('not at hand') : id === current ? 'in use' : 'older',
        formatCount(unfinished),
        formatCount(finished),
        formatCount(receipts),
      ]),
      look,
    ),
  ]
}
