import { randomUUID } from 'node:crypto'
import { mkdir, rename, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { ExitCode, JourneysError } from '@journeys/core/ops'
import { renderReport } from '../report/render-report.ts'
import type { LoadTestResult } from '../result.ts'
import { renderJUnit } from './junit.ts'
import { renderMarkdown } from './markdown.ts'
import { renderPrometheus } from './prometheus.ts'

/** Every kind of output, with the ending of its file. */
const endings = {
  json: '.result.json',
  junit: '.junit.xml',
  markdown: '.md',
  html: '.html',
  prometheus: '.prom',
} as const

export type OutputKind = keyof typeof endings

export interface Output {
  readonly kind: OutputKind
  /** Absent: beside the report, under its name. */
  readonly file?: string | undefined
}

export interface WriteOutputsOptions {
  /** Where outputs without a file of their own go. */
  readonly folder: string
  /** What relative files are relative to. @defaultValue the process' folder */
  readonly workdir?: string | undefined
  /** All runs of a series, `result` among them: for the HTML. */
  readonly repeats?: readonly LoadTestResult[] | undefined
}

/**
 * Makes the folders of outputs, so that a wrong one is known before the load and not after it.
 * @throws JourneysError `output_folder` (exit 2)
 */
export async function prepareOutputs(outputs: readonly Output[], options: WriteOutputsOptions): Promise<void> {
  for (const { file } of outputs) {
    const target = path.resolve(options.workdir ?? '', file ?? options.folder)
    try {
      await mkdir(file === undefined ? target : path.dirname(target), { recursive: true })
      if (file !== undefined && (await stat(target).catch(() => undefined))?.isDirectory())
        throw new Error('it is a folder')
    } catch (reason) {
      throw new JourneysError('output_folder', `${target} cannot be written: ${(reason as Error).message}`, {
        hint: 'name a file in a folder that you may write to',
        exitCode: ExitCode.usage,
      })
    }
  }
}

/**
 * Writes a result in other forms. Each file appears as a whole or not at all, as collectors want it.
 * @returns the files, in the order of `outputs`
 */
export async function writeOutputs(
  outputs: readonly Output[],
  result: LoadTestResult,
  options: WriteOutputsOptions,
): Promise<{ kind: OutputKind; file: string }[]> {
  const written: { kind: OutputKind; file: string }[] = []
  for (const { kind, file } of outputs) {
    const target = path.resolve(
      options.workdir ?? '',
      file ?? path.join(options.folder, `${reportName(result)}${endings[kind]}`),
    )
    await writeWhole(target, await rendered(kind, result, options.repeats))
    written.push({ kind, file: target })
  }
  return written
}

/** `2026-11-23-140211-load`, under which everything of a run is kept; of joined runs `2026-11-23-140211-load-merged`. */
export function reportName({ id, profile }: Pick<LoadTestResult, 'id' | 'profile'>): string {
  const [, year, month, day, time, suffix = ''] = /^(\d{4})(\d{2})(\d{2})-(\d{6})-[0-9a-f]+(-.+)?$/.exec(id) ?? []
  return time === undefined ? `${id}-${profile}` : `${year}-${month}-${day}-${time}-${profile}${suffix}`
}

/** Writes a file and its folder; who reads it meanwhile sees the old one or the new one. */
export async function writeWhole(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true })
  const unfinished = `${file}.${randomUUID()}`
  await writeFile(unfinished, text)
  await rename(unfinished, file)
}

function rendered(
  kind: OutputKind,
  result: LoadTestResult,
  repeats?: readonly LoadTestResult[],
): string | Promise<string> {
  switch (kind) {
    case 'json':
      return `${JSON.stringify(result, null, 2)}\n`
    case 'junit':
      return renderJUnit(result)
    case 'markdown':
      return renderMarkdown(result)
    case 'html':
      return renderReport(result, repeats)
    case 'prometheus':
      return renderPrometheus(result)
  }
}
