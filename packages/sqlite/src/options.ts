import { resolve } from 'node:path'
import { invalidOptions, optionsOf } from '@audit/core/backend'

/** What `new SqliteBackend` takes. */
export interface SqliteBackendOptions {
  /**
   * The log's file. The first use creates it; its folder must exist. A relative path is resolved when the backend is
   * constructed. SQLite keeps two more files beside it, `<path>-wal` and `<path>-shm`.
   */
  readonly path: string
  /**
   * With `true`, the log must exist, nothing on the disk changes, and `record` rejects with `AUDIT_READ_ONLY`. The file
   * and its folder need not be writable. Default: `false`.
   */
  readonly readOnly?: boolean
}

const OWNER = 'SqliteBackend'

/** Checks the options and fills in the defaults. Throws AuditError `AUDIT_INVALID_OPTIONS`. */
export function checkOptions(options: SqliteBackendOptions) {
  const { path, readOnly = false } = optionsOf(options, ['path', 'readOnly'], OWNER)
  if (typeof readOnly !== 'boolean') throw invalidOptions(OWNER, 'readOnly must be true or false')
  return { path: checkedPath(path), readOnly }
}

function checkedPath(path: unknown): string {
  if (typeof path !== 'string' || path === '')
    throw invalidOptions(OWNER, 'path must be the path of a file, such as audit.db')
  if (path === ':memory:')
    throw invalidOptions(OWNER, 'for a log in memory, use the MemoryBackend of @audit/core')
  if (path.includes('\0') || path.trimEnd() !== path) {
    throw invalidOptions(OWNER, 'path contains NUL or ends with white space, which SQLite would cut off')
  }
  return resolve(path)
}
