import { existsSync, realpathSync } from 'node:fs'
import type { OpenLog } from './open-log.ts'

/** Whether it is an SQLite file without a `-wal`: a log that no process has open, or a copy that lacks the newest entries. */
export function mayLackWal({ kind, location }: Pick<OpenLog, 'kind' | 'location'>): boolean {
  if (kind !== 'sqlite' || location.kind !== 'file') return false
  try {
    return !existsSync(`${realpathSync(location.path)}-wal`)
  } catch {
    return true // the file was removed meanwhile
  }
}

/** What to say of a log without any entry that `mayLackWal`. */
export const EMPTY_WITHOUT_WAL =
  'the log has no entry, and no -wal file is beside it; if this is a copy of a log that was open, copy the -wal too'
