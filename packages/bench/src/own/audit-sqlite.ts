import { join } from 'node:path'
import { AuditLog } from '@audit/core'
import { SqliteBackend } from '@audit/sqlite'
import type { Contender } from '../contender.ts'

/** This project, with its SQLite backend. */
export const auditSqlite: Contender = {
  name: 'audit, SQLite',
  durable: 'synced',
  hashed: 'SHA-256 leaf',
  async open(folder) {
    const log = new AuditLog({ backend: new SqliteBackend({ path: join(folder, 'audit.db') }) })
    return { record: exchange => log.record(exchange), close: () => log.close() }
  },
}
