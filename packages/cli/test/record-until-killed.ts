// Records without a pause, sixteen at once, and says how many were acknowledged: <sqlite|jsonl|postgres> <address> [<log>]
import { writeSync } from 'node:fs'
import { type AuditBackend, AuditLog } from '@audit/core'
import { JsonlBackend } from '@audit/jsonl'
import { PostgresBackend } from '@audit/postgres'
import { SqliteBackend } from '@audit/sqlite'

const [kind, address = '', name = ''] = process.argv.slice(2)
const log = new AuditLog({ backend: await backendOf() })
let next = 0
let acknowledged = 0
await Promise.all(Array.from({ length: 16 }, recordForEver))

async function recordForEver(): Promise<never> {
  for (;;) {
    const n = next++
    await log.record({
      model: n % 2 === 0 ? 'a' : 'b',
      user: `user-${n % 7}`,
      inputText: `question ${n}`,
      outputText: 'answer',
      costUsd: 0.25,
      latencyMs: n % 100,
      metadata: { 'gen_ai.conversation.id': `s-${n % 50}`, 'audit.status': 'ok' },
    })
    if (++acknowledged % 100 === 0) writeSync(1, `${acknowledged}\n`)
  }
}

async function backendOf(): Promise<AuditBackend> {
  if (kind === 'sqlite') return new SqliteBackend({ path: address })
  if (kind === 'jsonl') return new JsonlBackend({ path: address })
  const backend = new PostgresBackend({ connectionString: address, log: name })
  await backend.migrate()
  return backend
}
