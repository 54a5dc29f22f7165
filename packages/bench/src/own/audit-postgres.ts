import { AuditLog } from '@audit/core'
import type { Contender } from '../contender.ts'
import { newBackend } from './backends.ts'

/** This project, with its PostgreSQL backend. */
export const auditPostgres: Contender = {
  name: 'audit, PostgreSQL',
  durable: 'synced',
  hashed: 'SHA-256 leaf',
  async open(database) {
    const log = new AuditLog({ backend: newBackend('postgres', database) })
    return { record: exchange => log.record(exchange), close: () => log.close() }
  },
}
