import { ExitCode, JourneysError } from '@journeys/core/ops'
import type { StackState } from '@journeys/stack'
import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { flag } from '../flag.ts'
import { shellAssignment, withoutPassword } from '../local-stack.ts'
import { renderFields, renderHeader, renderNext } from '../output/header.ts'
import { labelled } from '../output/lines.ts'
import { renderTable } from '../output/table.ts'

export const command = defineCommand({
  name: 'status',
  description:
    'Says whether the local stack is up and where. Keys and passwords are shown only by --env. The exit code is 3 when it is ' +
    'not up, or a part of it does not answer.',
  arguments: {},
  flags: {
    env: flag(
      '--env [name]',
      'print SUPABASE_URL=... and the keys, a line each, for a shell; with a name: the environment, as everywhere',
      z.union([z.literal(true), z.string()]).optional(),
    ),
  },
  document: z.object({
    running: z.boolean(),
    ready: z.boolean(),
    apiUrl: z.string().exactOptional(),
    databaseUrl: z.string().exactOptional().describe('without its password'),
    startedAt: z.string().exactOptional(),
    logs: z.string().exactOptional(),
    parts: z.array(
      z.object({
        name: z.string(),
        up: z.boolean(),
        pid: z.number().exactOptional(),
        address: z.string().exactOptional(),
      }),
    ),
    leftovers: z.array(z.number()).describe('processes of a stack whose supervisor was killed'),
    lastFailure: z
      .object({
        at: z.string(),
        code: z.string(),
        message: z.string(),
        detail: z.string().optional(),
        hint: z.string().optional(),
      })
      .exactOptional(),
    variables: z.record(z.string(), z.string()).exactOptional().describe('with --env: secrets'),
  }),
  examples: [
    { words: 'status', says: 'is it up, and where' },
    { words: 'status --env', says: 'SUPABASE_URL=..., SUPABASE_ANON_KEY=..., and so on' },
    { words: 'status --env > .env', says: "for the app's development server" },
  ],
  notes: 'To have the keys in this shell and its programs: export $(journeys status --env)',
  async run(context, { env }) {
    const { stackStatus } = await import('@journeys/stack')
    context.localOnly()
    const { running, ready, state, parts, leftovers, lastFailure } = await stackStatus({ workdir: context.workdir() })
    if (env === true && state === undefined) {
      throw new JourneysError('stack_not_up', 'the local stack is not up, so there is nothing to connect to', {
        hint: 'journeys start',
        exitCode: ExitCode.findings,
      })
    }
    const addresses = state && {
      apiUrl: state.apiUrl,
      databaseUrl: withoutPassword(state.databaseUrl),
      startedAt: state.startedAt,
      logs: state.logs,
    }
    const document = { running, ready, ...addresses, parts, leftovers, ...(lastFailure && { lastFailure }) }
    if (env === true && state !== undefined) return { document: { ...document, variables: variablesOf(state) } }
    return { document, exitCode: ready ? ExitCode.ok : ExitCode.findings }
  },
  render(document, look, { environment }) {
    const { running, ready, apiUrl, databaseUrl, startedAt, logs, parts, leftovers, lastFailure, variables } = document
    const { paint, width } = look
    if (variables) {
      return Object.entries(variables)
        .map(([name, value]) => shellAssignment(name, value))
        .join('\n')
    }
    const label = (name: string, text: string) => labelled(`  ${name}`, text, { column: 12, width })
    const failure = lastFailure && [
      '',
      label(paint.red('stopped'), [lastFailure.message, lastFailure.detail].filter(Boolean).join('\n')),
      ...(lastFailure.hint ? [label(paint.cyan('do'), lastFailure.hint)] : []),
    ]
    if (!running) {
      const left = leftovers.length > 0 ? [`  left over: processes ${leftovers.join(', ')}`] : []
      return [
        renderHeader(['Journeys', environment], 'not up', look),
        ...left,
        ...(failure ?? []),
        '',
        renderNext(['journeys start'], look),
      ].join('\n')
    }
    const rows = parts.map(({ name, up, pid, address }) => [
      name,
      up ? paint.green('up') : paint.red('down'),
      pid === undefined ? '' : String(pid),
      address ?? '',
    ])
    const columns = [
      { heading: 'part' },
      { heading: '' },
      { heading: 'pid', align: 'right' as const },
      { heading: 'address' },
    ]
    return [
      renderHeader(['Journeys', environment], ready ? paint.green('up') : paint.yellow('not ready'), look),
      '',
      renderFields(
        [
          ['API', apiUrl ?? '–'],
          ['Database', databaseUrl ?? '–'],
          ['since', startedAt ?? '–'],
          ['logs', logs ?? '–'],
        ],
        look,
      ),
      '',
      renderTable(columns, rows, look),
      ...(ready ? [] : (failure ?? [])),
    ].join('\n')
  },
})

function variablesOf({ apiUrl, anonKey, serviceRoleKey, databaseUrl }: StackState): Record<string, string> {
  return {
    SUPABASE_URL: apiUrl,
    SUPABASE_ANON_KEY: anonKey,
    SUPABASE_SERVICE_ROLE_KEY: serviceRoleKey,
    DATABASE_URL: databaseUrl,
  }
}
