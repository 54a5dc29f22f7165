import { AuditLog } from '@audit/core'
import type { AuditBackend } from '@audit/core/backend'
import type { DiskBackendName } from '../own/backends.ts'
import { fileOf } from '../own/log-file.ts'
import { residentBytes } from '../resident.ts'
import { serve } from '../subject.ts'
import { verified } from '../verified.ts'

// Verifies a log that is there. It loads what that takes and no more, since its memory is measured.

const [name = '', place = ''] = process.argv.slice(2)

const BACKENDS: Readonly<Record<DiskBackendName, () => Promise<AuditBackend>>> = {
  sqlite: async () => {
    const { SqliteBackend } = await import('@audit/sqlite')
    return new SqliteBackend({ path: fileOf('sqlite', place) })
  },
  jsonl: async () => {
    const { JsonlBackend } = await import('@audit/jsonl')
    return new JsonlBackend({ path: fileOf('jsonl', place) })
  },
  postgres: async () => {
    const { PostgresBackend } = await import('@audit/postgres')
    const { poolOn } = await import('../databases.ts')
    return new PostgresBackend({ pool: poolOn(place) })
  },
}

export const commands = serve({
  verify: async () => {
    const log = new AuditLog({ backend: await BACKENDS[name as DiskBackendName]() }) // what verification.ts starts this with
    const { rate, perCore } = await verified(log)
    const peak = process.resourceUsage().maxRSS * 1024
    const resident = await residentBytes()
    await log.close()
    return { rate, perCore, peak, resident }
  },
})
