import type { LoadTestResult } from '../result.ts'

export function renderReport(result: LoadTestResult): string {
  return `<!doctype html><title>${result.id}</title>`
}
