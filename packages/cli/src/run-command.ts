import { ExitCode, JourneysError } from '@journeys/core/ops'
import { PipeClosed } from './closed-pipe.ts'
import type { AnyCommand, Outcome } from './command.ts'
import { type CommandContext, createContext } from './context.ts'
import type { GlobalValues } from './global-flags.ts'
import type { MainOptions } from './main.ts'
import { failureEnvelope, successEnvelope } from './output/envelope.ts'
import { describeFailure, renderFailure } from './output/failure.ts'
import { createOutput, type Output } from './output/output.ts'
import { resolveFlags } from './usage-error.ts'

export interface CommandRequest {
  globals: GlobalValues
  /** Options and arguments by their key, as commander read them. */
  input: Record<string, unknown>
  /** `performance.now()` when the process began its work. */
  started: number
}

/**
 * What all commands have in common: judges the flags, gives the command its context, times it, prints its document as text or
 * as JSON, says what went wrong, and leaves the local stack as it was found.
 * @returns the exit code
 */
export async function runCommand(
  command: AnyCommand,
  request: CommandRequest,
  options: MainOptions & { signal: AbortSignal },
): Promise<number> {
  const { globals } = request
  const output = createOutput({
    stdout: options.stdout,
    stderr: options.stderr,
    env: options.env,
    json: globals.json,
    quiet: globals.quiet,
    color: globals.color,
  })
  const head = () => ({
    command: command.name,
    environment: globals.env ?? 'local',
    durationMs: performance.now() - request.started,
  })
  const emit: CommandContext['emit'] = ({ document, exitCode = ExitCode.ok, durationMs }) => {
    const about = { ...head(), ...(durationMs !== undefined && { durationMs }) }
    const text = output.json
      ? successEnvelope(about, exitCode === ExitCode.ok, document)
      : command.render(document as Record<string, unknown>, output.out, about)
    output.print(text)
    return text
  }
  const stopping = () => output.progress.show('stopping; a second Ctrl-C does not wait')
  options.signal.addEventListener('abort', stopping, { once: true })
  try {
    const input = resolveFlags({ ...command.flags, ...command.arguments }, request.input)
    const context = createContext({ ...options, globals, output, emit })
    const outcome = await runAndEmit(command, context, input)
    return outcome.exitCode ?? ExitCode.ok
  } catch (error) {
    if (options.signal.reason instanceof PipeClosed) return ExitCode.ok
    const exitCode = fail(output, head(), meant(error, command, options.signal), globals.verbose)
    const mistake = exitCode === ExitCode.usage || exitCode === ExitCode.interrupted
    return mistake ? exitCode : (command.failureExitCode ?? exitCode)
  } finally {
    options.signal.removeEventListener('abort', stopping)
    output.progress.clear()
  }
}

/**
 * The clean-up comes last and in every case: it neither delays nor loses what the command has found. When it fails, that is an
 * error of its own, after a command that did its work; after one that failed, what the command said matters more.
 */
async function runAndEmit(
  command: AnyCommand,
  context: CommandContext,
  input: Record<string, unknown>,
): Promise<Outcome<object>> {
  let outcome: Outcome<Record<string, unknown>>
  try {
    context.signal.throwIfAborted()
    outcome = await command.run(context, input)
    if (!outcome.printed) context.emit(outcome)
  } catch (error) {
    await context.close().catch(() => undefined)
    throw error
  }
  try {
    await context.close()
    return outcome
  } catch (error) {
    // The document is printed: a second one would make two.
    context.output.complain(renderFailure(describeFailure(error), context.output.err, context.verbose))
    return { ...outcome, exitCode: outcome.exitCode || ExitCode.failed }
  }
}

/** After Ctrl-C a library may fail in any way (a closed socket, an AbortError): what happened is the interruption. */
function meant(error: unknown, command: AnyCommand, signal: AbortSignal): unknown {
  if (!signal.aborted || (error instanceof JourneysError && error.exitCode === ExitCode.interrupted)) return error
  return new JourneysError('interrupted', 'interrupted', {
    ...(error instanceof JourneysError && { detail: error.message }),
    hint: command.resume ?? `nothing was changed; run journeys ${command.name} again`,
    exitCode: ExitCode.interrupted,
    cause: error,
  })
}

function fail(output: Output, head: Parameters<typeof failureEnvelope>[0], error: unknown, verbose: boolean): number {
  const failure = describeFailure(error)
  if (output.json) output.print(failureEnvelope(head, failure))
  else output.complain(renderFailure(failure, output.err, verbose))
  return failure.exitCode
}
