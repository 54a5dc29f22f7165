import { join } from 'node:path'
import { createAuditLog } from 'llm-audit-log'
import type { Contender } from '../contender.ts'

/** The npm package `llm-audit-log`, with its integrity chain switched on. */
export const llmAuditLog: Contender = {
  name: 'llm-audit-log',
  durable: 'not synced: in the system cache; blocks the thread',
  hashed: 'HMAC chain',
  async open(folder) {
    const log = createAuditLog({ storagePath: join(folder, 'audit.jsonl'), hmacSecret: 'a secret' })
    return {
      record: ({ user = '', model, inputText, outputText, costUsd = null, latencyMs, metadata = {} }) =>
        log.log({
          actor: user,
          model,
          provider: 'custom',
          input: inputText,
          output: outputText,
          tokens: { input: 0, output: 0 },
          latencyMs: latencyMs ?? 0,
          cost: costUsd,
          metadata: { ...metadata },
        }),
      close: () => log.close(),
    }
  },
}
