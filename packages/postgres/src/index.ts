export type { PostgresBackendOptions } from './options.ts'
export { PostgresBackend } from './postgres-backend.ts'
export { migrationSql } from './sql/schema.ts'
