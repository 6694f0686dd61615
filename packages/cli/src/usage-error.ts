import { ExitCode, JourneysError } from '@journeys/core/ops'
import type { CommanderError } from 'commander'
import type { z } from 'zod'
import { closest } from './did-you-mean.ts'
import type { Flag, FlagSet, Resolved } from './flag.ts'

/** A mistake in what was typed: exit code 2, and never a stack. */
export function usageError(message: string, hint?: string): JourneysError {
  return new JourneysError('usage', message, { hint, exitCode: ExitCode.usage })
}

/** `--users <n>` → `--users`; `-q, --quiet` → `--quiet`; `<user>` stays. */
export function flagName(usage: string): string {
  return usage.match(/--[\w-]+/)?.[0] ?? usage
}

/**
 * Turns what commander read into the values that a command gets.
 * @throws JourneysError with everything that is wrong, not only the first.
 */
export function resolveFlags<F extends FlagSet>(flags: F, raw: Record<string, unknown>): Resolved<F> {
  const resolved: Record<string, unknown> = {}
  const problems: string[] = []
  const hints: string[] = []
  for (const [key, flag] of Object.entries(flags)) {
    const answer = flag.schema.safeParse(raw[key])
    if (answer.success) resolved[key] = answer.data
    for (const issue of answer.error?.issues ?? []) {
      problems.push(`${flagName(flag.usage)} ${issue.message}`)
      const hint = hintOf(issue)
      if (hint !== undefined) hints.push(hint)
    }
  }
  if (problems.length > 0) throw usageError(problems.join('\n'), hints.length > 0 ? hints.join('; ') : undefined)
  return resolved as Resolved<F>
}

/** What the words on the command line could have been, for the hints. */
export interface Vocabulary {
  /** `journeys gdpr anonymize <user>` */
  usage: string
  /** `journeys help gdpr anonymize` */
  help: string
  commands: readonly string[]
  flags: readonly Flag[]
}

/** Says a parsing failure of commander in our own words. */
export function fromCommander(error: CommanderError, vocabulary: Vocabulary): JourneysError {
  const quoted = /'([^']*)'/.exec(error.message)?.[1] ?? ''
  switch (error.code) {
    case 'commander.unknownOption':
      return unknownOption(quoted.split('=')[0] ?? quoted, vocabulary)
    case 'commander.unknownCommand':
      return unknownCommand(quoted, vocabulary)
    case 'commander.missingArgument':
      return usageError(`missing <${quoted}>`, vocabulary.usage)
    case 'commander.optionMissingArgument': {
      const flag = vocabulary.flags.find((one) => one.usage === quoted)
      const values = flag?.values?.length ? `One of: ${flag.values.join(', ')}` : vocabulary.help
      return usageError(`${flagName(quoted)} needs a value: ${quoted.replace(/^-\w, /, '')}`, values)
    }
    default:
      return usageError(error.message.replace(/^error: /, ''), vocabulary.help)
  }
}

export function unknownCommand(typed: string, vocabulary: Vocabulary): JourneysError {
  const { commands } = vocabulary
  const group = typed.slice(0, typed.lastIndexOf(' ') + 1)
  const word = typed.slice(group.length)
  const inside = commands.filter((name) => name.startsWith(group)).map((name) => name.slice(group.length))
  // `journeys anonymize`: the last word alone is a command that was meant, too.
  const ending =
    commands.find((name) => name.split(' ')[1] === word) ?? commands.find((name) => name.endsWith(` ${word}`))
  const near = closest(word, inside)
  const meant = ending ?? (near === undefined ? undefined : `${group}${near}`)
  const list = `One of: ${commands.join(', ')}`
  return usageError(`unknown command ${typed}`, meant === undefined ? list : `did you mean journeys ${meant}?`)
}

function unknownOption(typed: string, vocabulary: Vocabulary): JourneysError {
  const meant = closest(
    typed,
    vocabulary.flags.map((flag) => flagName(flag.usage)),
  )
  if (meant === undefined) return usageError(`unknown option ${typed}`, vocabulary.help)
  const values = vocabulary.flags.find((flag) => flagName(flag.usage) === meant)?.values ?? []
  const list = values.length > 0 ? ` One of: ${values.join(', ')}` : ''
  return usageError(`unknown option ${typed}`, `did you mean ${meant}?${list}`)
}

function hintOf(issue: z.core.$ZodIssue): string | undefined {
  const hint: unknown = issue.code === 'custom' ? issue.params?.hint : undefined
  return typeof hint === 'string' ? hint : undefined
}
