import type { AuditBackend } from '@audit/core'
import { JsonlBackend } from '@audit/jsonl'
import { SqliteBackend } from '@audit/sqlite'

type CreateBackend = (path: string) => AuditBackend

/** The backends that keep a log in a file. */
export const FILE_BACKENDS = {
  sqlite: path => new SqliteBackend({ path }),
  jsonl: path => new JsonlBackend({ path }),
} as const satisfies Readonly<Record<string, CreateBackend>>
