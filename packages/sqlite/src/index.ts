export type { IndexingProgress } from '@audit/core/backend'
export type { SqliteBackendOptions } from './options.ts'
export { SqliteBackend } from './sqlite-backend.ts'
