import path from 'node:path'
import { reportName, writeWhole } from '../outputs/output.ts'
import type { LoadTestResult } from '../result.ts'
import { renderReport } from './render-report.ts'

/**
 * Writes `<folder>/2026-11-23-140211-load.html`.
 * @param repeats all runs of a series, `result` among them
 * @returns the result with the file's path
 */
export async function writeReport(
  result: LoadTestResult,
  folder: string,
  repeats: readonly LoadTestResult[] = [],
): Promise<LoadTestResult> {
  const written = { ...result, reportFile: path.join(folder, `${reportName(result)}.html`) }
  await writeWhole(written.reportFile, renderReport(written, repeats))
  return written
}
