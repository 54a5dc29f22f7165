import { join } from 'node:path'
import { AuditLog } from '@audit/core'
import { JsonlBackend } from '@audit/jsonl'
import type { Contender } from '../contender.ts'

/** This project, with its JSONL backend. */
export const auditJsonl: Contender = {
  name: 'audit, JSONL',
  durable: 'synced',
  hashed: 'SHA-256 leaf',
  async open(folder) {
    const log = new AuditLog({ backend: new JsonlBackend({ path: join(folder, 'audit.jsonl') }) })
    return { record: exchange => log.record(exchange), close: () => log.close() }
  },
}
