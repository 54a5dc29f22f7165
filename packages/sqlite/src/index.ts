export { SqliteBackend, type SqliteBackendOptions } from './sqlite-backend.ts'
