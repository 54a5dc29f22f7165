import { AuditLog } from '@audit/core'
import type { Contender } from '../contender.ts'

/** This project, with its memory backend. */
export const auditMemory: Contender = {
  name: 'audit, memory',
  durable: 'nothing: in memory',
  hashed: 'SHA-256 leaf',
  async open() {
    const log = new AuditLog()
    return { record: exchange => log.record(exchange), close: () => log.close() }
  },
}
