export {
  type Baseline,
  deleteBaseline,
  type ListedBaseline,
  listBaselines,
  readBaseline,
  type SavedBaseline,
  saveBaseline,
} from './baseline/baseline-file.ts'
export type { BaselineComparison, RequestChange } from './baseline/comparison.ts'
export { type CompareFilesOptions, compareFiles, type LoadComparison } from './compare/compare-files.ts'
export type { SummaryComparison } from './compare/compare-summaries.ts'
export type { EngineChoice } from './engines/choose-engine.ts'
export type { K6Options } from './engines/engine.ts'
export { exportLoadTest, removeExport } from './export/export-load-test.ts'
export { commandFault } from './fault/command-fault.ts'
export type { Fault } from './fault/fault.ts'
export { postmasterFault } from './fault/postmaster-fault.ts'
export { cacheFolder } from './k6/cache-folder.ts'
export { findK6, type K6 } from './k6/find-k6.ts'
export { type InstalledK6, type InstallK6Options, installK6 } from './k6/install-k6.ts'
export { type LoadTestOptions, runLoadTest } from './load-test.ts'
export { mergeRuns } from './merge/merge-runs.ts'
export {
  type Output,
  type OutputKind,
  prepareOutputs,
  writeOutputs,
  writeWhole,
} from './outputs/output.ts'
export { describeLoad, type PlannedLoad } from './permission.ts'
export { planLoad } from './profiles/plan.ts'
export type { LoadProgress } from './progress.ts'
export { renderReport } from './report/render-report.ts'
export { writeReport } from './report/write-report.ts'
export type * from './result.ts'
export { readRunFile, writeRunFile } from './run-file.ts'
export { type LoadedScenarios, loadScenarioFiles } from './scenario-file/load-scenario-files.ts'
export { newScenario } from './scenario-file/new-scenario.ts'
export { type LoadTestSeries, runLoadTests, type SeriesOptions } from './series.ts'
