import { join } from 'node:path'

/** The backends that keep a log in a file. */
export type FileBackendName = 'sqlite' | 'jsonl'

/** Where a backend keeps its log in a folder. */
export function fileOf(name: FileBackendName, folder: string): string {
  return join(folder, name === 'sqlite' ? 'audit.db' : 'audit.jsonl')
}
