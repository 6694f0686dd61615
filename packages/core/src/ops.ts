// Node and pg: what operators run. The app's side, safe in a browser, is index.ts.

export { durationMs } from './config/duration.ts'
export {
  type Environment,
  type EnvironmentSetting,
  environmentVariables,
  requireSetting,
} from './config/environment.ts'
export { configJsonSchema } from './config/json-schema.ts'
export { configFileName, type LoadConfigOptions, type LoadedConfig, loadConfig } from './config/load.ts'
export type { LoadProfile } from './config/load-profile.ts'
export { type Config, defaultConfig, type ScenarioName } from './config/schema.ts'
export { suggestion } from './config/suggestion.ts'
export * from './config/threshold.ts'
export { parseThresholdKey, type ThresholdKey, type ThresholdTag } from './config/threshold-key.ts'
export {
  resolveThresholds,
  type ThresholdRule,
  type ThresholdSetting,
  type ThresholdSettings,
} from './config/threshold-rule.ts'
export { isLoopbackHost } from './database/address.ts'
export {
  type ConnectOptions,
  connect,
  type Database,
  type QueryAnswer,
  type Queryable,
  type Row,
} from './database/connection.ts'
export { type ServerError, serverError, sqlState } from './database/database-error.ts'
export { sqlIdentifier } from './database/identifier.ts'
export { isTransient, type RetryOptions, retryTransient } from './database/retry.ts'
export { ExitCode, JourneysError, type JourneysErrorOptions } from './errors.ts'
export { type TickOptions, type TickResult, tickByHand } from './gdpr/by-hand.ts'
export {
  type Coverage,
  type CoverageFinding,
  type CoverageFindingKind,
  type CoveredTable,
  findCoverage,
} from './gdpr/coverage.ts'
export type { GdprContext, GdprProgress, StorageAccess } from './gdpr/erasure/context.ts'
export { dismissFinding } from './gdpr/erasure/dismiss.ts'
export type { OpenOptions } from './gdpr/erasure/open.ts'
export type { ErasureOutcome, LedgerPlan, StepOutcome, Verification } from './gdpr/erasure/outcome.ts'
export { type ErasureTarget, eraseUser, findTarget, resumeErasure } from './gdpr/erasure.ts'
export {
  type ExportContext,
  type ExportOptions,
  type ExportProgress,
  type ExportResult,
  exportPerson,
} from './gdpr/export/export.ts'
export { erasureFolder } from './gdpr/folder.ts'
export {
  addHold,
  findHold,
  type HoldOptions,
  type HoldResult,
  type LegalHold,
  listHolds,
  removeHold,
} from './gdpr/hold.ts'
export type { RetiredRows } from './gdpr/hold-retired.ts'
export {
  type GdprKey,
  type GdprKeys,
  gdprKeyOf,
  gdprKeysOf,
  keyWithId,
  newGdprSecret,
  requireGdprKeys,
  verifySignature,
} from './gdpr/key.ts'
export { localGdprSecrets, type NewKey, newKey } from './gdpr/key-file.ts'
export { type Dismissal, type KeyUse, type LedgerEntry, readKeyUse } from './gdpr/ledger.ts'
export {
  type ByHandStep,
  type Decision,
  describeDecision,
  type PersonalDataMap,
  personalDataMap,
} from './gdpr/map.ts'
export type { Person } from './gdpr/person.ts'
export type {
  BucketPlan,
  ErasurePlan,
  Obstacle,
  ObstacleKind,
  StatisticsPlan,
  TablePlan,
} from './gdpr/plan.ts'
export { type PlanContext, type PlanOptions, planErasure } from './gdpr/plan-erasure.ts'
export { findReceipt, type ReceiptText } from './gdpr/receipt/find-receipt.ts'
export {
  type PurgeCandidate,
  type PurgePlan,
  type PurgeResult,
  planPurge,
  purgeLedger,
} from './gdpr/receipt/purge-ledger.ts'
export { type Receipt, receiptSchema } from './gdpr/receipt/receipt.ts'
export type { ReceiptCheck, ReceiptCheckName } from './gdpr/receipt/receipt-checks.ts'
export { type VerifiedReceipt, type VerifyContext, verifyReceipt } from './gdpr/receipt/verify-receipt.ts'
export {
  planReplay,
  type ReplayedPerson,
  type ReplayOptions,
  type ReplayPlan,
  type ReplayResult,
  type ReturnedPerson,
  runReplay,
} from './gdpr/replay.ts'
export {
  findRestriction,
  type Restriction,
  type RestrictOptions,
  type RestrictResult,
  readRestrictions,
  restrictPerson,
  type UnrestrictOptions,
  type UnrestrictResult,
  unrestrictPerson,
} from './gdpr/restriction.ts'
export { searchDatabase } from './gdpr/search/search-database.ts'
export type { NotSearched, SearchFinding, SearchOptions, SearchReport } from './gdpr/search/search-report.ts'
export type { SearchTerm, TermKind } from './gdpr/search/term.ts'
export {
  eraseSeveral,
  type PlannedPerson,
  planSeveral,
  type SeveralOptions,
  type SeveralPlan,
  type SeveralResult,
} from './gdpr/several.ts'
export { type AttemptCounts, type AttemptResult, countAttempts, type Refusal } from './gdpr/several-attempt.ts'
export { type ListedPerson, parsePeople } from './gdpr/several-list.ts'
export {
  type ByHandStatus,
  countErasures,
  type ErasureCounts,
  type ErasureState,
  type ErasureStatus,
  erasureStates,
  type ReceiptStatus,
  readErasures,
  refileReceipts,
  type StatusOptions,
  type StepStatus,
} from './gdpr/status.ts'
export { healthCheckIds } from './health/checks/index.ts'
export type { HealthState } from './health/finding.ts'
export { type HealthCheck, type HealthReport, healthExitCode } from './health/report.ts'
export { type HealthOptions, runHealth } from './health/run.ts'
export { Html, html, jsonForScript, trusted } from './html.ts'
export type { Migration } from './migrations/migration-file.ts'
export { type MigrationProblem, type MigrationStatus, migrationStatus } from './migrations/status.ts'
export { type MigrateUpOptions, type MigrateUpResult, type MigrationProgress, migrateUp } from './migrations/up.ts'
export type { KeptMonth, RetentionOutcome, RetiredMonth } from './retention/outcome.ts'
export {
  type MonthPlan,
  planRetention,
  type RetentionPlan,
  type RetiredMonthPlan,
  type RulePlan,
} from './retention/plan.ts'
export { type RestoredMonth, type RestoreOptions, restoreMonth } from './retention/restore.ts'
export type { RuleChange } from './retention/rule.ts'
export { type RetentionOptions, runRetention } from './retention/run.ts'
export { type RetentionSchedule, scheduleRetention } from './retention/schedule.ts'
export type { RetentionProgress } from './retention/steps.ts'
