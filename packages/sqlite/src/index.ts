export type { IndexingProgress, SqliteBackendOptions } from './options.ts'
export { SqliteBackend } from './sqlite-backend.ts'
