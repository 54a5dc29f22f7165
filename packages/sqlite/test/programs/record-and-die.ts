// Records so many entries in two batches and kills itself, without closing anything: <path> <count>
import { AuditLog } from '@audit/core'
import { SqliteBackend } from '@audit/sqlite'

const [path = '', count] = process.argv.slice(2)
const log = new AuditLog({ backend: new SqliteBackend({ path }) })
const record = (length: number) =>
  Promise.all(Array.from({ length }, (_, i) => log.record({ model: 'm', inputText: `${i}`, outputText: '' })))
await record(Number(count) - 1)
await record(1)
process.kill(process.pid, 'SIGKILL')
