import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { renderHeader } from '../output/header.ts'
import { labelled } from '../output/lines.ts'
import { renderTable } from '../output/table.ts'

export const command = defineCommand({
  name: 'config show',
  description:
    'Prints every value that the commands work with and where it comes from: a default, journeys.config.json, the environment ' +
    'or a flag. Secrets are not part of the configuration and are never shown.',
  arguments: {},
  flags: {},
  document: z.object({
    file: z.string().nullable().describe('the configuration file that was read'),
    config: z.record(z.string(), z.unknown()),
    origins: z.record(z.string(), z.string()).describe('dotted path → default, file, env NAME or flag --name'),
  }),
  examples: [
    { words: 'config show', says: 'the values for the local stack' },
    { words: 'config show --env staging --json', says: 'those for staging, for a script' },
  ],
  async run(context) {
    const { config, file, origins } = await context.config()
    return { document: { file: file ?? null, config: { ...config }, origins } }
  },
  render({ file, config, origins }, look, { environment }) {
    const { paint, width } = look
    const leaves = Object.entries(flatten(config)).map(([path, value]) => ({
      path,
      value,
      origin: originOf(path, origins),
    }))
    const rows = leaves.map(({ path, value, origin }) => [
      path,
      JSON.stringify(value),
      origin === 'default' ? paint.dim(origin) : paint.cyan(shortOrigin(origin)),
    ])
    const columns = [{ heading: 'key' }, { heading: 'value', flexible: true }, { heading: 'from' }]
    const variables = leaves.filter(({ origin }) => origin.startsWith('env '))
    return [
      renderHeader(['Journeys configuration', environment], file ?? 'no journeys.config.json', look),
      '',
      renderTable(columns, rows, look),
      ...(variables.length > 0 ? [''] : []),
      ...variables.map(({ path, origin }) =>
        labelled(`  ${paint.cyan('env')}`, `${origin.slice(4)} sets ${path}`, { column: 7, width }),
      ),
    ].join('\n')
  },
})

/** The variables have names too long for a table; they are listed under it. */
function shortOrigin(origin: string): string {
  return origin.startsWith('env ') ? 'env' : origin.replace(/^file (?=environments)/, '')
}

/** Leaves by their dotted path; a list is one value. */
function flatten(value: Record<string, unknown>, prefix = ''): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, inner]): [string, unknown][] => {
      const path = prefix === '' ? key : `${prefix}.${key}`
      return isSection(inner) ? Object.entries(flatten(inner, path)) : [[path, inner]]
    }),
  )
}

function isSection(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0
}

/** The origin of the value, or of the nearest part of the configuration around it. */
function originOf(path: string, origins: Record<string, string>): string {
  for (let part = path; part !== ''; part = part.slice(0, Math.max(0, part.lastIndexOf('.')))) {
    const origin = origins[part]
    if (origin !== undefined) return origin
  }
  return 'default'
}
