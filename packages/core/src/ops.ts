// Node and pg: what operators run. The app's side, safe in a browser, is index.ts.

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
export type { Migration } from './migrations/migration-file.ts'
export { type MigrationProblem, type MigrationStatus, migrationStatus } from './migrations/status.ts'
export { type MigrateUpOptions, type MigrateUpResult, type MigrationProgress, migrateUp } from './migrations/up.ts'
