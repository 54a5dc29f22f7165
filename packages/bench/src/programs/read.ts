import { AuditLog } from '@audit/core'
import { bytesOf, type DiskBackendName, newBackend } from '../own/backends.ts'
import { residentBytes } from '../resident.ts'
import { streamed } from '../streamed.ts'
import { serve } from '../subject.ts'

// Opens a log that is there, in a process that has done nothing before.

const [name = '', place = ''] = process.argv.slice(2)
const backend = name as DiskBackendName // what growth.ts starts this with
const log = new AuditLog({ backend: newBackend(backend, place) })

export const commands = serve({
  /** How fast it opens, in bytes a second, and what it then holds, in bytes an entry. */
  open: async () => {
    const before = await residentBytes()
    const start = performance.now()
    const entries = await log.count()
    const seconds = (performance.now() - start) / 1000
    const resident = ((await residentBytes()) - before) / entries
    return { entries, seconds, speed: (await bytesOf(backend, place)) / seconds, resident }
  },
  stream: () => streamed(log),
  close: () => log.close(),
})
