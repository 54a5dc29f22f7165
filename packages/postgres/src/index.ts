export type { IndexingProgress, PostgresBackendOptions } from './options.ts'
export { PostgresBackend } from './postgres-backend.ts'
export { type MigrationOptions, migrationSql } from './sql/schema.ts'
