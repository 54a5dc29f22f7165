import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AuditBackend, MemoryBackend } from '@audit/core'
import { JsonlBackend } from '@audit/jsonl'
import { SqliteBackend } from '@audit/sqlite'

type CreateBackend = (path: string) => AuditBackend

/** The backends that keep a log in a file. */
export const FILE_BACKENDS = {
  sqlite: path => new SqliteBackend({ path }),
  jsonl: path => new JsonlBackend({ path }),
} as const satisfies Readonly<Record<string, CreateBackend>>

/** All backends; memory ignores the path. */
export const BACKENDS = {
  memory: () => new MemoryBackend(),
  ...FILE_BACKENDS,
} as const satisfies Readonly<Record<string, CreateBackend>>

/** A new folder of the test's own. */
export class TemporaryFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'audit-acceptance-'))

  /** The path of a file in it. */
  file(name: string): string {
    return join(this.path, name)
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}
