import { Argument, Command, Help, Option } from 'commander'
import { type CatalogueEntry, catalogue, commandsUnder, groupSummaries } from './catalogue.ts'
import type { AnyCommand } from './command.ts'
import type { Flag, FlagSet } from './flag.ts'
import { globalFlags } from './global-flags.ts'
import { wrap } from './output/lines.ts'
import type { Look } from './output/look.ts'

declare const __JOURNEYS_VERSION__: string

const globalHeading = 'Global options:'

export interface SyntaxOptions {
  /** The commands whose options are known; of the others only the names and summaries. */
  loaded: readonly AnyCommand[]
  look: Look
  /** Takes the help and the version. */
  write(text: string): void
  /** Called with the command that was asked for. */
  onCommand(entry: CatalogueEntry, parsed: Command): void
}

/** The whole command line as commander sees it. It throws CommanderError instead of exiting, and prints no errors itself. */
export function buildSyntax(options: SyntaxOptions): Command {
  const { look, write, loaded } = options
  const root = new Command('journeys')
    .description("Runs, tests and watches the Journeys app's Supabase project.")
    .usage('<command> [options]')
    .enablePositionalOptions()
    .exitOverride()
    .helpCommand(false)
    .showSuggestionAfterError(false)
    .configureOutput({
      writeOut: write,
      writeErr: () => undefined,
      getOutHelpWidth: () => look.width,
      getOutHasColors: () => look.paint.level > 0,
    })
    .configureHelp({
      styleTitle: (text) => look.paint.bold(text),
      subcommandTerm: fullName,
      visibleCommands: leaves,
      optionDescription: (option) => option.description,
      formatHelp: commandsFirst,
    })
    .version(__JOURNEYS_VERSION__, '-V, --version', 'print the version')
    .addHelpText('after', () => rootHelp(look))
  root.options.find((option) => option.long === '--version')?.helpGroup(globalHeading)
  withGlobalOptions(root)
  for (const entry of catalogue) {
    const command = addCommand(root, entry)
    const definition = loaded.find((one) => one.name === entry.name)
    if (definition) describe(command, definition, look)
    // `loadtest --json compare`: commander reads these as options of `loadtest`.
    else if (commandsUnder(entry.name).length > 0) withGlobalOptions(command)
    command.allowExcessArguments().action(() => options.onCommand(entry, command))
  }
  return root
}

/** All flags that may stand after a command's name: its own first, then the global ones that it does not redefine. */
export function flagsOf(definition: AnyCommand | undefined): Flag[] {
  return [...Object.values(definition?.flags ?? {}), ...Object.values(remainingGlobals(definition?.flags ?? {}))]
}

/** `gdpr anonymize` */
export function fullName(command: Command): string {
  return command.parent?.parent ? `${fullName(command.parent)} ${command.name()}` : command.name()
}

function addCommand(root: Command, entry: CatalogueEntry): Command {
  const words = entry.name.split(' ')
  const last = words.pop() ?? ''
  let group = root
  for (const [depth, word] of words.entries()) {
    group =
      group.commands.find((command) => command.name() === word) ?? addGroup(group, words.slice(0, depth + 1), entry)
  }
  return group.command(last).summary(entry.summary).helpGroup(entry.group)
}

function addGroup(parent: Command, words: readonly string[], entry: CatalogueEntry): Command {
  const summary = groupSummaries[words.join(' ')] ?? ''
  const group = parent
    .command(words.at(-1) ?? '')
    .summary(summary)
    .helpGroup(entry.group)
  return withGlobalOptions(group).description(summary).usage('<command> [options]')
}

function describe(command: Command, definition: AnyCommand, look: Look): void {
  command.description(definition.description)
  for (const argument of Object.values(definition.arguments)) {
    command.addArgument(new Argument(argument.usage, withValues(argument)))
  }
  for (const flag of Object.values(definition.flags)) command.addOption(optionOf(flag))
  withGlobalOptions(command, definition.flags)
  command.addHelpText('after', () => helpAfter(definition, look))
}

function optionOf(flag: Flag): Option {
  const option = new Option(flag.usage, withValues(flag))
  return flag.repeatable
    ? option.argParser((value, before: string[] | undefined) => [...(before ?? []), value])
    : option
}

function withGlobalOptions(command: Command, own: FlagSet = {}): Command {
  for (const flag of Object.values(remainingGlobals(own))) {
    command.addOption(new Option(flag.usage, flag.description).helpGroup(globalHeading))
  }
  return command.addHelpOption(new Option('-h, --help', 'show this help').helpGroup(globalHeading))
}

function remainingGlobals(own: FlagSet): FlagSet {
  return Object.fromEntries(Object.entries(globalFlags).filter(([name]) => !(name in own)))
}

/** In two columns, the first of them no wider than this; else the words stand above what they do. */
function fitsBeside(words: string, says: string, look: Look): boolean {
  const widest = 28
  return words.length <= widest && says.length <= look.width - widest - '  journeys   '.length
}

/** Commander puts a page of options above the commands; who asks `journeys --help` looks for a command. */
function commandsFirst(command: Command, helper: Help): string {
  const sections = Help.prototype.formatHelp.call(helper, command, helper).trimEnd().split('\n\n')
  const isOptions = (section: string) => section.split('\n')[0]?.includes('ptions:')
  return `${[...sections.filter((one) => !isOptions(one)), ...sections.filter(isOptions)].join('\n\n')}\n`
}

/** All commands below, also those inside groups; a command that is a group itself comes before what is in it. */
function leaves(command: Command): Command[] {
  return command.commands.flatMap((one) => [...(isGroup(one) ? [] : [one]), ...leaves(one)])
}

function isGroup(command: Command): boolean {
  return fullName(command) in groupSummaries
}

function withValues(flag: Flag): string {
  return flag.values?.length ? `${flag.description} (${flag.values.join(', ')})` : flag.description
}

/** A command as it can be typed: where it is too long for a line, a backslash goes on before the next option. */
function commandLines(words: string, width: number): string {
  if (`  journeys ${words}`.length <= width) return `  journeys ${words}`
  const lines: string[] = []
  let line = '  journeys'
  // A shell reads the words of one option, and where output goes, on any line: broken is only in front of them.
  for (const part of words.split(/ (?=--|> )/)) {
    if (`${line} ${part} \\`.length > width && line.trim() !== 'journeys') {
      lines.push(`${line} \\`)
      line = '     '
    }
    line += ` ${part}`
  }
  return [...lines, line].join('\n')
}

function helpAfter(definition: AnyCommand, look: Look): string {
  const short = definition.examples.filter(({ words, says }) => fitsBeside(words, says, look))
  const column = Math.max(0, ...short.map(({ words }) => words.length))
  const examples = definition.examples.map(({ words, says }) =>
    fitsBeside(words, says, look)
      ? `  journeys ${words.padEnd(column)}  ${says}`
      : `${commandLines(words, look.width)}\n      ${says}`,
  )
  const notes = definition.notes === undefined ? '' : `\n${wrap(definition.notes, look.width)}\n`
  return `${notes}\n${look.paint.bold('Examples:')}\n${examples.join('\n')}`
}

const rootHelp = ({ paint }: Look) => `
${paint.bold('Examples:')}
  journeys loadtest                   the whole thing, on a stack of its own
  journeys health --watch             one verdict, drawn again every few seconds
  journeys help gdpr anonymize        more about one command

Exit codes: 0 ok, 1 failed, 2 wrong usage or configuration, 3 findings,
4 cannot reach, 5 inconclusive, 99 load thresholds failed, 130 interrupted.
journeys health follows Nagios: 0 ok, 1 warning, 2 critical, 3 unknown.`
