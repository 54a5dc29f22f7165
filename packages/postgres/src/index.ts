export type { IndexingProgress } from '@audit/core/backend'
export type { PostgresBackendOptions } from './options.ts'
export { PostgresBackend } from './postgres-backend.ts'
export { type MigrationOptions, migrationSql } from './sql/schema.ts'
