import { z } from 'zod'
import { catalogue } from './catalogue.ts'
import type { AnyCommand } from './command.ts'
import { schemaName } from './output/envelope.ts'
import { plainLook } from './output/look.ts'
import { buildSyntax } from './syntax.ts'

export interface CliDocumentation {
  /** The part of docs/cli.md between its markers. */
  markdown: string
  /** File name in docs/schemas → JSON Schema. */
  schemas: Record<string, object>
}

/** What the repository's documentation has to say about the command line, made from the definitions that also run it. */
export async function documentCli(): Promise<CliDocumentation> {
  const commands = await Promise.all(catalogue.map(async (entry) => (await entry.load()).command))
  const schemas = Object.fromEntries([
    ...commands.map((command) => [`${fileName(command.name)}.json`, schemaOf(command)]),
    ['error.json', z.toJSONSchema(failure('error'))],
    ['help.json', z.toJSONSchema(success('help', z.object({ text: z.string() })))],
  ])
  const help = helpTexts(commands)
  const sections = catalogue.map(({ name }) => section(`journeys ${name}`, help.get(name) ?? '', fileName(name)))
  return { markdown: [section('journeys', help.get('') ?? ''), ...sections].join('\n\n'), schemas }
}

/** Success or failure: which of the two, `error` tells. */
export function schemaOf(command: AnyCommand): object {
  const { name, document } = command
  return z.toJSONSchema(z.union([success(name, document), failure(name)]), { io: 'output' })
}

function success(name: string, document: z.ZodObject) {
  return z.object({ ...opening(name), ok: z.boolean().describe('the exit code is 0'), ...document.shape })
}

function failure(name: string) {
  return z.object({
    ...opening(name),
    ok: z.literal(false),
    error: z.object({
      code: z.string().describe('stable, for machines'),
      message: z.string(),
      detail: z.string().nullable(),
      hint: z.string().nullable().describe('what to type next'),
    }),
  })
}

function opening(name: string) {
  return { schema: z.literal(schemaName(name)), ok: z.boolean(), environment: z.string(), durationMs: z.number() }
}

function fileName(name: string): string {
  return name.replaceAll(' ', '-')
}

function helpTexts(commands: readonly AnyCommand[]): Map<string, string> {
  let text = ''
  const root = buildSyntax({
    loaded: commands,
    look: plainLook,
    write: (part) => {
      text += part
    },
    onCommand: () => undefined,
  })
  const read = (command: typeof root): string => {
    text = ''
    command.outputHelp()
    return text.trimEnd()
  }
  const texts = new Map([['', read(root)]])
  for (const { name } of catalogue) {
    const found = name
      .split(' ')
      .reduce<typeof root | undefined>((command, word) => command?.commands.find((one) => one.name() === word), root)
    if (found) texts.set(name, read(found))
  }
  return texts
}

function section(title: string, help: string, schema?: string): string {
  const json = schema === undefined ? '' : `\n\n\`--json\`: [schemas/${schema}.json](schemas/${schema}.json)`
  return `## ${title}\n\n\`\`\`text\n${help}\n\`\`\`${json}`
}
