import { KEYS } from '@audit/capture'
import { AuditLog } from '@audit/core'
import { redact } from '@audit/redact'
import { SqliteBackend } from '@audit/sqlite'

/** Opens the log, so that one that cannot be used stops the start, and not the first question. */
export async function openLog(path: string): Promise<AuditLog> {
  const log = new AuditLog({
    backend: new SqliteBackend({ path, metadataIndexes: [KEYS.conversation] }), // a session is found at once
    prepare: redact(), // before anything is hashed or stored
  })
  await log.open()
  return log
}
