import { resolve } from 'node:path'
import {
  flagFrom,
  type IndexingProgress,
  invalidOptions,
  metadataIndexesFrom,
  optionsOf,
} from '@audit/core/backend'

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
  /**
   * Keys of the metadata, on its top level, by whose values entries are found at once. Opening creates an index that is
   * missing, and none is ever dropped. Recording waits for it, in other processes too; queries do not. With `readOnly`,
   * nothing is created. Queries use every index that the log has, whoever named its key. Default: none.
   */
  readonly metadataIndexes?: readonly string[]
  /** Is told when an index is begun (`done` is 0) and when it is complete (`done` is `total`). */
  readonly onIndexing?: (progress: IndexingProgress) => void
}

const OWNER = 'SqliteBackend'

/** Checks the options and fills in the defaults. Throws AuditError `AUDIT_INVALID_OPTIONS`. */
export function checkOptions(options: SqliteBackendOptions) {
  const given = optionsOf(options, ['path', 'readOnly', 'metadataIndexes', 'onIndexing'], OWNER)
  const { path, metadataIndexes, onIndexing = () => {} } = given
  if (!isListener(onIndexing)) throw invalidOptions(OWNER, 'onIndexing must be a function')
  return {
    path: checkedPath(path),
    readOnly: flagFrom(given, 'readOnly', OWNER),
    metadataIndexes: metadataIndexesFrom(metadataIndexes, OWNER),
    onIndexing,
  }
}

function isListener(value: unknown): value is (progress: IndexingProgress) => void {
  return typeof value === 'function' // its parameters cannot be checked
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
