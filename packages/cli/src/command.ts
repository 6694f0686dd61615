import type { z } from 'zod'
import type { CommandContext } from './context.ts'
import type { FlagSet, Resolved } from './flag.ts'
import type { Look } from './output/look.ts'

export interface Example {
  /** After `journeys `. */
  words: string
  says: string
}

/** What a command answers: the document that `--json` prints and that `render` turns into text. */
export interface Outcome<D> {
  document: D
  /** @defaultValue 0 */
  exitCode?: number
  /** Of what the document is about; @defaultValue since the command began */
  durationMs?: number
  /** The command printed everything itself, line by line (`--watch`). */
  printed?: boolean
}

/** What a renderer knows beside the document. */
export interface About {
  environment: string
  /** From the start of the process's work to now. */
  durationMs: number
}

/**
 * A whole command: the words it takes, one call of the library in `run`, and `render`, which is pure.
 * Everything that commands have in common (context, timing, `--json`, errors, exit codes) is in run-command.ts.
 */
export interface CommandDefinition<F extends FlagSet, A extends FlagSet, D extends z.ZodObject> {
  /** The words after `journeys`: `gdpr anonymize`. */
  name: string
  /** A paragraph for the help of this command. */
  description: string
  /** In their order; the key is the name that `run` sees. */
  arguments: A
  flags: F
  /** What `--json` adds to the envelope; the JSON Schema in the docs is made from it. */
  document: D
  examples: readonly Example[]
  /** More for the help, after the options. */
  notes?: string
  /** Instead of an error's own exit code, where that would be read as something else: `health` follows Nagios. */
  failureExitCode?: number
  /** What to say after Ctrl-C: how to go on from there. */
  resume?: string
  run(context: CommandContext, input: Resolved<F> & Resolved<A>): Promise<Outcome<z.output<D>>>
  render(document: z.output<D>, look: Look, about: About): string
}

export type AnyCommand = CommandDefinition<FlagSet, FlagSet, z.ZodObject>

/** Infers the types of flags and document, then forgets them: the runner treats all commands alike. */
export function defineCommand<F extends FlagSet, A extends FlagSet, D extends z.ZodObject>(
  definition: CommandDefinition<F, A, D>,
): AnyCommand {
  return definition as unknown as AnyCommand
}
