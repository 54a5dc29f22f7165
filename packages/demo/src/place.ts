import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type AuditBackend, MemoryBackend } from '@audit/core'
import { JsonlBackend } from '@audit/jsonl'
import { SqliteBackend } from '@audit/sqlite'
import type { DemoOptions } from './options.ts'

/** Where the demo keeps its log. */
export interface Place {
  readonly backend: AuditBackend
  /** The log's file; none in memory. */
  readonly path: string | undefined
}

/** Makes the backend that was asked for, on the file that was asked for or on a new one. */
export async function choosePlace({ backend, path }: DemoOptions): Promise<Place> {
  switch (backend) {
    case 'memory':
      return { backend: new MemoryBackend(), path: undefined }
    case 'jsonl': {
      const file = path ?? (await temporaryFile('audit.jsonl'))
      return { backend: new JsonlBackend({ path: file }), path: file }
    }
    case 'sqlite': {
      const file = path ?? (await temporaryFile('audit.db'))
      return { backend: new SqliteBackend({ path: file }), path: file }
    }
  }
}

async function temporaryFile(name: string): Promise<string> {
  return join(await mkdtemp(join(tmpdir(), 'audit-demo-')), name)
}
