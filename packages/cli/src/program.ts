import type { JourneysError } from '@journeys/core/ops'
import { type Command, CommanderError } from 'commander'
import { type CatalogueEntry, catalogue, commandsUnder, findEntry } from './catalogue.ts'
import { listenForClosedPipe } from './closed-pipe.ts'
import type { AnyCommand } from './command.ts'
import { type GlobalValues, globalFlags } from './global-flags.ts'
import type { MainOptions } from './main.ts'
import { failureEnvelope, successEnvelope } from './output/envelope.ts'
import { describeFailure, renderFailure } from './output/failure.ts'
import { lookOf } from './output/look.ts'
import { runCommand } from './run-command.ts'
import { buildSyntax, flagsOf } from './syntax.ts'
import { fromCommander, resolveFlags, unknownCommand, usageError, type Vocabulary } from './usage-error.ts'
import { isGiven, leadingWords, plainWords, valueGiven, withoutHelpWord } from './words.ts'

/** What the command line asks for, before its values are judged. */
interface Invocation {
  command: AnyCommand
  globals: Record<string, unknown>
  /** Options and arguments by their key. */
  input: Record<string, unknown>
}

/** Parses the command line, runs the command that it names and returns the exit code; everything that is thrown ends here. */
export async function runProgram(options: MainOptions): Promise<number> {
  const started = performance.now()
  const pipe = listenForClosedPipe(options)
  const argv = withoutHelpWord(options.argv)
  const json = isGiven(argv, '--json')
  const color = !isGiven(argv, '--no-color')
  const head = (command: string | undefined) => ({
    command,
    environment: valueGiven(argv, '--env') ?? 'local',
    durationMs: performance.now() - started,
  })
  const entry = findEntry(leadingWords(argv)) ?? findEntry(plainWords(argv))
  try {
    const loaded = entry === undefined ? undefined : (await entry.load()).command
    const answer = await parse(argv, loaded, options, color)
    if (typeof answer === 'string') {
      const text = `${answer.trimEnd()}\n`
      options.stdout.write(json ? `${successEnvelope(head('help'), true, { text })}\n` : text)
      return 0
    }
    const globals = resolveFlags(globalFlags, answer.globals) as GlobalValues
    const run = { ...options, signal: pipe.signal }
    return await runCommand(answer.command, { globals, input: answer.input, started }, run)
  } catch (error) {
    const failure = describeFailure(error)
    const look = lookOf(options.stderr, options.env, color)
    if (json) options.stdout.write(`${failureEnvelope(head(entry?.name), failure)}\n`)
    else options.stderr.write(`${renderFailure(failure, look, isGiven(argv, '--verbose'))}\n`)
    return failure.exitCode
  }
}

/** The help or version text, or what to run. */
async function parse(
  argv: readonly string[],
  definition: AnyCommand | undefined,
  options: MainOptions,
  color: boolean,
): Promise<string | Invocation> {
  let text = ''
  let parsed: Command | undefined
  let asked: CatalogueEntry | undefined
  const root = buildSyntax({
    loaded: definition === undefined ? [] : [definition],
    look: lookOf(options.stdout, options.env, color),
    write: (part) => {
      text += part
    },
    onCommand: (entry, command) => {
      asked = entry
      parsed = command
    },
  })
  const words = plainWords(argv)
  if (onlyGlobals(argv)) {
    root.outputHelp()
    return text
  }
  try {
    await root.parseAsync([...argv], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.code === 'commander.helpDisplayed' || error.code === 'commander.version') return text
    if (error.code === 'commander.unknownCommand' || error.code === 'commander.help') throw incomplete(words)
    throw fromCommander(error, vocabularyOf(definition))
  }
  if (definition === undefined || parsed === undefined) throw usageError('no command given', 'journeys help')
  if (asked?.name !== definition.name) {
    throw usageError(`${asked?.name} is a command of its own`, `journeys ${asked?.name}, then the options`)
  }
  return invocation(definition, parsed)
}

function invocation(command: AnyCommand, parsed: Command): Invocation {
  const names = Object.keys(command.arguments)
  const variadic = Object.values(command.arguments).at(-1)?.usage.includes('...') ?? false
  const extra = variadic ? undefined : parsed.args[names.length]
  if (extra !== undefined) {
    const inside = commandsUnder(command.name).map((entry) => entry.name)
    if (inside.length === 0) throw usageError(`unexpected argument ${extra}`, vocabularyOf(command).usage)
    throw unknownCommand(`${command.name} ${extra}`, { ...vocabularyOf(command), commands: inside })
  }
  const globals: Record<string, unknown> = {}
  for (let level: Command | null = parsed; level !== null; level = level.parent) {
    for (const [name, value] of Object.entries(given(level))) {
      // Nearest to the command wins. A bare `--env` of a command that allows it says nothing about the environment.
      if (name in globalFlags && !(name in globals) && !(name === 'env' && value === true)) globals[name] = value
    }
  }
  const input: Record<string, unknown> = given(parsed)
  names.forEach((name, index) => {
    input[name] = variadic && index === names.length - 1 ? parsed.args.slice(index) : parsed.args[index]
  })
  return { command, globals, input }
}

/** The options that were typed: commander's own defaults (`color: true`) would hide those of an outer level. */
function given(command: Command): Record<string, unknown> {
  const values = Object.entries(command.opts<Record<string, unknown>>())
  return Object.fromEntries(values.filter(([name]) => command.getOptionValueSource(name) !== 'default'))
}

/** `journeys gdpr` and `journeys helth`: commander would print a page; a mistake gets one line and what to type. */
function incomplete(words: readonly string[]): JourneysError {
  const [first = ''] = words
  for (let length = words.length; length > 0; length -= 1) {
    const group = words.slice(0, length).join(' ')
    const names = commandsUnder(group).map((entry) => entry.name)
    if (names.length === 0) continue
    const next = words[length]
    if (next !== undefined) return unknownCommand(`${group} ${next}`, { ...vocabularyOf(undefined), commands: names })
    const list = names.map((name) => `journeys ${name}`).join(', ')
    return usageError(`${group} needs to be told what to do`, `One of: ${list}`)
  }
  return unknownCommand(first, vocabularyOf(undefined))
}

function onlyGlobals(argv: readonly string[]): boolean {
  return argv.every((word) => ['--json', '--no-color', '--quiet', '-q', '--verbose'].includes(word))
}

function vocabularyOf(definition: AnyCommand | undefined): Vocabulary {
  const words = definition === undefined ? '' : ` ${definition.name}`
  const names = Object.values(definition?.arguments ?? {}).map((argument) => ` ${argument.usage}`)
  return {
    usage: `journeys${words}${names.join('')}`,
    help: `journeys help${words}`,
    commands: catalogue.map((entry) => entry.name),
    flags: flagsOf(definition),
  }
}
