import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { LoadTestResult } from '../result.ts'
import { renderReport } from './render-report.ts'

/** Writes `<folder>/2026-11-23-140211-load.html`. @returns the result with the file's path */
export async function writeReport(result: LoadTestResult, folder: string): Promise<LoadTestResult> {
  await mkdir(folder, { recursive: true })
  const [, year, month, day, time] = /^(\d{4})(\d{2})(\d{2})-(\d{6})/.exec(result.id) ?? []
  const reportFile = path.join(folder, `${year}-${month}-${day}-${time}-${result.profile}.html`)
  const written = { ...result, reportFile }
  await writeFile(reportFile, renderReport(written))
  return written
}
